import DBNTensors

/// Whole modules, read as what their `state_dict()` gives.
extension CheckpointTree {
  /// A state dict while it is made.
  private struct Flat {
    var dictionary = CheckpointDictionary(.orderedDict)
    var versions = CheckpointDictionary(.orderedDict)
    var sum = Sum()
    let entry: EntryPath
    var descriptions: [ModuleDescription] = []
    var settings = BatchNormSettingsTable()
    /// The modules with hooks that change a state dict, and the first such hook.
    var hooked: (modules: [String], hook: String)?
  }

  /// The most names in all state dicts of a file, for each tensor and object in it: a module that
  /// others share has many names, and a small file could give one 2^60.
  private static let namesPerValue = 16
  /// The most bytes of all these names, for each.
  private static let bytesPerName = 256

  /// The state dict of a module: each module's parameters, its persistent buffers, and then its
  /// children in order. Nil if it has no tensors.
  mutating func stateDict(of module: ModuleState) throws(CheckpointError) -> Converted? {
    guard hasTensors(module) else { return nil }
    var flat = Flat(entry: EntryPath(path.map { .string($0) }))
    try add(module, prefix: "", to: &flat)
    modules.add(module.className, at: path, flat.descriptions, flat.settings)
    if let hooked = flat.hooked { modules.addHooks(hooked.hook, of: hooked.modules, at: path) }
    flat.dictionary.attributes = [("_metadata", .dictionary(flat.versions))]
    return flat.sum.converted(.dictionary(flat.dictionary))
  }

  /// Whether the module or one inside it has a parameter or buffer.
  private mutating func hasTensors(_ module: ModuleState) -> Bool {
    var visited: Set<PickleValue> = []
    var rest = [module]
    while let module = rest.popLast() {
      if !module.tensors.isEmpty || module.hasPackedWeights { return true }
      for child in module.children
      where !modules.withoutTensors.contains(child.value) && visited.insert(child.value).inserted {
        if let state = state(child.value) { rest.append(state) }
      }
    }
    modules.withoutTensors.formUnion(visited)
    return false
  }

  private func state(_ value: PickleValue) -> ModuleState? {
    heap.object(value).flatMap { ModuleState($0, heap, script) }
  }

  private mutating func add(
    _ module: ModuleState, prefix: String, to flat: inout Flat
  ) throws(CheckpointError) {
    try count(module.entryCount, &flat.sum)
    let name = String(decoding: prefix.utf8.dropLast(), as: UTF8.self)
    var version = CheckpointDictionary()
    version.set(.string("version"), to: .int(module.version))
    flat.versions.set(.string(name), to: .dictionary(version))
    if let settings = module.batchNorm { flat.settings[name] = settings }
    if let hook = module.hooks.first {
      flat.hooked = ((flat.hooked?.modules ?? []) + [name], flat.hooked?.hook ?? hook)
    }
    try describe(module, name, &flat)
    for (tensorName, value) in module.tensors {
      try set(prefix + tensorName, value, &flat)
    }
    if module.hasPackedWeights {
      flat.dictionary.set(.string(prefix + "_packed_params"), to: packed)
    }
    for (childName, value) in module.children {
      guard let child = state(value) else {
        try set(prefix + childName, value, &flat)
        continue
      }
      let inner = prefix + childName + "."
      try charge(inner, &flat)
      let isAdded: Void? = try opening(value) { tree throws(CheckpointError) in
        try tree.add(child, prefix: inner, to: &flat)
      }
      if isAdded == nil { try set(prefix + childName, value, &flat) }
    }
  }

  /// In place of weights that are not in tensors.
  private var packed: CheckpointValue {
    .opaque(
      .unreadable(
        "packed weights",
        "holds the packed weights of a quantised layer, which are not read: save the state dict of "
          + "the model before it is quantised"))
  }

  private mutating func set(
    _ name: String, _ value: PickleValue, _ flat: inout Flat
  ) throws(CheckpointError) {
    try charge(name, &flat)
    var value = try child(value, name, &flat.sum)
    if var tensor = value.tensor {
      // `state_dict()` detaches parameters, which makes them plain tensors.
      (tensor.kind, tensor.requiresGrad) = (.tensor, false)
      value = .tensor(tensor)
    }
    flat.dictionary.set(.string(name), to: value)
  }

  private mutating func charge(_ name: String, _ flat: inout Flat) throws(CheckpointError) {
    try count(1, &flat.sum)
    modules.nameCount += 1
    modules.nameByteCount += name.utf8.count
    let most =
      Self.namesPerValue * (heap.leaves.count + heap.opaques.count + heap.arrays.count + 100)
    guard modules.nameCount <= most, modules.nameByteCount <= most * Self.bytesPerName else {
      throw failure(
        .limitExceeded,
        "is a module whose state dict would have far more names than there are tensors",
        advice: "the file is malicious; get it from elsewhere")
    }
  }

  /// Adds the module's class and settings, with their objects as the pickle has them: they are no
  /// entries of the checkpoint, but two files are compared by them.
  private mutating func describe(
    _ module: ModuleState, _ name: String, _ flat: inout Flat
  ) throws(CheckpointError) {
    var settings: [(name: String, value: CheckpointValue)] = []
    opaqueDepth += 1
    defer { opaqueDepth -= 1 }
    for (setting, value) in module.settings {
      let object = heap.object(value)
      let isTyped = object?.name.hasPrefix(ScriptClasses.typedValues) == true
      let content = isTyped ? object?.arguments?.first ?? value : value
      settings.append((setting, try child(content, setting, &flat.sum)))
    }
    flat.descriptions.append(
      ModuleDescription(
        entry: flat.entry, name: name, className: module.className,
        settings: settings))
  }
}

/// The modules of a file that were read as state dicts.
struct ReadModules {
  /// All modules, those inside others too.
  private(set) var descriptions: [ModuleDescription] = []
  /// Epsilon and momentum of BatchNorms, by their names in the state dict.
  private(set) var settings = BatchNormSettingsTable()
  private(set) var notes: [Guidance] = []
  /// Modules that are known to have no tensors.
  var withoutTensors: Set<PickleValue> = []
  private var contradictory: Set<String> = []
  /// How many names all state dicts have, and their bytes.
  var nameCount = 0
  var nameByteCount = 0
  /// How many modules are noted.
  private static let noted = 20

  mutating func add(
    _ className: String, at path: [String], _ descriptions: [ModuleDescription],
    _ settings: BatchNormSettingsTable
  ) {
    self.descriptions += descriptions
    let place = path.isEmpty ? "the root" : "'\(path.joined(separator: "/").visible())'"
    note(
      "\(place) is a whole module (\(className.visible())), read as its state dict; the classes and "
        + "settings of its modules are listed by \(.inspection), and not written")
    for (name, value) in settings.entries where !contradictory.contains(name) {
      add(value, to: name, place)
    }
  }

  /// Notes hooks that are not run.
  mutating func addHooks(_ hook: String, of names: [String], at path: [String]) {
    let place = path.isEmpty ? "the root" : "'\(path.joined(separator: "/").visible())'"
    let first = names[0].isEmpty ? "itself" : "'\(names[0].visible())'"
    let more = names.count > 1 ? " and \(names.count - 1) more" : ""
    note(
      "\(place): a hook (\(hook.visible())) of the module \(first)\(more) may change what "
        + "state_dict() gives in Python; it is not run")
  }

  /// Adds settings of a BatchNorm. The names are those of every model in the file; where the
  /// settings differ, none are used.
  private mutating func add(_ value: BatchNormSettings, to name: String, _ place: String) {
    guard let known = settings[name] else {
      settings[name] = value
      return
    }
    if known.contradicts(value) {
      contradictory.insert(name)
      settings[name] = BatchNormSettings()
      note(
        "\(place): \(name.visible()) has \(value), and \(known) in another module of the file; "
          + "neither is used")
    } else {
      settings[name] = known.filled(from: value)
    }
  }

  private mutating func note(_ note: Guidance) {
    if notes.count < Self.noted { notes.append(note) }
  }
}
