import DBNTensors

/// Objects of classes outside the table of globals: what they stand for if that is known, else an
/// opaque value.
extension CheckpointTree {
  mutating func object(_ object: PickleOpaque) throws(CheckpointError) -> Converted {
    guard readsObjects, opaqueDepth == 0, object.arguments != nil else { return try opaque(object) }
    let object = heap.withoutReconstructor(object)
    if let value = try read(object) { return value }
    guard let kind = UnreadableTensor(rebuiltBy: object.name) else { return try opaque(object) }
    let converted = try opaque(object)
    guard case .opaque(var value) = converted.value else { return converted }
    value.name = kind.name
    value.unreadableReason = kind.reason(heap.firstClass(in: object))
    return Converted(value: .opaque(value), count: converted.count, height: converted.height)
  }

  /// What the object stands for; nil if that is not known.
  private mutating func read(_ object: PickleOpaque) throws(CheckpointError) -> Converted? {
    if let module = ModuleState(object, heap, script) { return try stateDict(of: module) }
    if let value = try numPyValue(object) { return value }
    if let value = try deviceTensor(object) { return value }
    return try plainValue(object)
  }
}

/// The classes whose objects were read as values of other types, for notes.
struct ReadClasses {
  private struct Use {
    let name: String
    let what: String
    let firstPath: String
    var count = 1
  }

  private var uses: [Use] = []
  private var indices: [String: Int] = [:]

  /// - Parameter what: what such an object was read as: "a dict".
  mutating func add(_ name: String, as what: String, at path: String) {
    if let index = indices["\(name) \(what)"] {
      uses[index].count += 1
    } else {
      indices["\(name) \(what)"] = uses.count
      uses.append(Use(name: name, what: what, firstPath: path))
    }
  }

  /// How many classes are noted.
  private static let noted = 20

  var notes: [Guidance] {
    let more = uses.count - Self.noted
    let last: [Guidance] =
      more > 0 ? ["objects of \(more) more classes are read as plain values"] : []
    return uses.prefix(Self.noted).map { use -> Guidance in
      let more = use.count > 1 ? " and \(use.count - 1) more" : ""
      let place = use.firstPath.isEmpty ? "the root" : "'\(use.firstPath.visible())'"
      return "\(place)\(more): read as \(use.what), from Python's \(use.name.visible())"
    } + last
  }
}

extension PickleHeap {
  /// `copyreg._reconstructor(class, base, state)`, with which protocols 0 and 1 make objects, as the
  /// object that it makes.
  fileprivate func withoutReconstructor(_ object: PickleOpaque) -> PickleOpaque {
    guard object.name == "copyreg._reconstructor", let arguments = object.arguments,
      arguments.count == 3, case .opaque(let index) = arguments[0], opaques[index].arguments == nil
    else { return object }
    var result = object
    result.name = opaques[index].name
    result.arguments = []
    if let dictionary = dictionary(arguments[2]) { result.entries = dictionary.entries }
    return result
  }

  /// The name of the first class among the arguments: that of a tensor's subclass.
  fileprivate func firstClass(in object: PickleOpaque) -> String? {
    for argument in object.arguments ?? [] {
      if case .opaque(let index) = argument, opaques[index].arguments == nil {
        return opaques[index].name
      }
    }
    return nil
  }

  /// The attributes of an object, in order: its state is a dictionary, or a tuple of one and another
  /// for slots. Nil if it is anything else.
  func attributes(of object: PickleOpaque) -> [(name: String, value: PickleValue)]? {
    guard var state = object.state else { return nil }
    if case .tuple(let index) = state, let first = tuples[index].first { state = first }
    guard let entries = dictionary(state)?.entries else { return nil }
    var attributes: [(name: String, value: PickleValue)] = []
    for (key, value) in entries {
      guard let name = text(key) else { return nil }
      attributes.append((name, value))
    }
    return attributes
  }
}
