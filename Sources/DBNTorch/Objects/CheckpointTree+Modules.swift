import DBNTensors

/// Whole modules, read as what their `state_dict()` gives.
extension CheckpointTree {
  /// A state dict while it is made.
  private struct Flat {
    var dictionary = CheckpointDictionary(.orderedDict)
    var versions = CheckpointDictionary(.orderedDict)
    var sum = Sum()
    var keyByteCount = 0
    var hasTensors = false
    var descriptions: [ModuleDescription] = []
    var settings = BatchNormSettingsTable()
  }

  /// The most bytes of all names in a state dict: shared modules can have very many names.
  private static let mostKeyBytes = 1 << 28

  /// The state dict of a module: each module's parameters, its persistent buffers, and then its
  /// children in order. Nil if it has no tensors.
  mutating func stateDict(of module: ModuleState) throws(CheckpointError) -> Converted? {
    guard hasTensors(module, depth: 0) else { return nil }
    var flat = Flat()
    try add(module, prefix: "", to: &flat)
    modules.add(module.className, at: path, flat.descriptions, flat.settings)
    flat.dictionary.attributes = [("_metadata", .dictionary(flat.versions))]
    return flat.sum.converted(.dictionary(flat.dictionary))
  }

  /// Whether the module or one inside it has a parameter or buffer.
  ///
  /// Visits each module at most once: `visited` holds those without tensors.
  private func hasTensors(_ module: ModuleState, depth: Int) -> Bool {
    var visited: Set<PickleValue> = []
    var rest = [module]
    while let module = rest.popLast() {
      if !module.tensors.isEmpty { return true }
      for child in module.children where visited.insert(child.value).inserted {
        if let state = state(child.value) { rest.append(state) }
      }
    }
    return false
  }

  private func state(_ value: PickleValue) -> ModuleState? {
    heap.object(value).flatMap { ModuleState($0, heap, script) }
  }

  private mutating func add(
    _ module: ModuleState, prefix: String, to flat: inout Flat
  ) throws(CheckpointError) {
    let name = String(prefix.dropLast())
    var version = CheckpointDictionary()
    version.set(.string("version"), to: .int(module.version))
    flat.versions.set(.string(name), to: .dictionary(version))
    if let settings = module.batchNorm { flat.settings[name] = settings }
    try describe(module, name, &flat)
    for (tensorName, value) in module.tensors {
      try set(prefix + tensorName, value, &flat)
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

  private func charge(_ name: String, _ flat: inout Flat) throws(CheckpointError) {
    try count(1, &flat.sum)
    flat.keyByteCount += name.utf8.count
    guard flat.keyByteCount <= Self.mostKeyBytes else {
      throw failure(
        .limitExceeded,
        "is a module whose state dict would have names of more than "
          + "\(Self.mostKeyBytes) bytes", advice: "the file is malicious; get it from elsewhere")
    }
  }

  /// Adds the module's class and settings. Objects among the settings are only named.
  private mutating func describe(
    _ module: ModuleState, _ name: String, _ flat: inout Flat
  ) throws(CheckpointError) {
    var settings: [(name: String, value: CheckpointValue)] = []
    for (setting, value) in module.settings {
      if case .opaque(let index) = value,
        !heap.opaques[index].name.hasPrefix(ScriptClasses.typedValues)
      {
        settings.append((setting, .opaque(OpaqueValue(heap.opaques[index].name))))
      } else {
        settings.append((setting, try child(value, setting, &flat.sum)))
      }
    }
    flat.descriptions.append(
      ModuleDescription(
        entry: EntryPath(path.map { .string($0) }), name: name, className: module.className,
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

  mutating func add(
    _ className: String, at path: [String], _ descriptions: [ModuleDescription],
    _ settings: BatchNormSettingsTable
  ) {
    self.descriptions += descriptions
    let place = path.isEmpty ? "the root" : "'\(path.joined(separator: "/").visible())'"
    notes.append(
      "\(place) is a whole module (\(className.visible())), read as its state dict; the classes and "
        + "settings of its modules are listed by \(.inspection), and not written")
    for (name, value) in settings.entries {
      if let known = self.settings[name], known.contradicts(value) {
        // The names are those of both models, and the numbers are not.
        self.settings[name] = BatchNormSettings()
        notes.append(
          "\(place): \(name.visible()) has \(value), and \(known) in another module of the file; "
            + "neither is used")
      } else {
        self.settings[name] = value
      }
    }
  }
}
