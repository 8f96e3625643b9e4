import DBNTensors

/// Objects of Python's and other libraries that are plain data.
extension CheckpointTree {
  /// The value that an object stands for; nil if it can't be one.
  mutating func plainValue(_ object: PickleOpaque) throws(CheckpointError) -> Converted? {
    let arguments = object.arguments ?? []
    switch object.name {
    case "torch.torch_version.TorchVersion":
      guard arguments.count == 1, let text = heap.text(arguments[0]) else { return nil }
      return Converted(value: .string(text))
    case "argparse.Namespace", "types.SimpleNamespace":
      return try mapping(ofAttributes: object)
    case "collections.defaultdict": return try mapping(ofItems: object)
    case PickleName.frozenSet:
      guard let elements = heap.elements(arguments) else { return nil }
      readClasses.add(object.name, as: "a set", at: name)
      return try sequence(elements) { .set($0) }
    case "collections.deque":
      guard let elements = heap.elements(Array(arguments.prefix(1))) else { return nil }
      return try list(elements + object.elements, of: object.name)
    case "torch.jit._pickle.restore_type_tag", "torch.jit._pickle.build_intlist",
      "torch.jit._pickle.build_doublelist", "torch.jit._pickle.build_boollist":
      guard let first = arguments.first else { return nil }
      return try converted(first)
    default:
      if let path = heap.path(object) {
        readClasses.add(object.name, as: "text", at: name)
        return Converted(value: .string(path))
      }
      guard arguments.isEmpty else { return nil }
      if !object.entries.isEmpty { return try mapping(ofItems: object) }
      let isList = !object.elements.isEmpty && (heap.attributes(of: object) ?? []).isEmpty
      return isList ? try list(object.elements, of: object.name) : nil
    }
  }

  private mutating func list(
    _ elements: [PickleValue], of className: String
  ) throws(CheckpointError) -> Converted {
    readClasses.add(className, as: "a list", at: name)
    return try sequence(elements) { .list($0) }
  }

  /// The attributes of a namespace as a mapping; nil if it has anything else.
  private mutating func mapping(
    ofAttributes object: PickleOpaque
  ) throws(CheckpointError) -> Converted? {
    guard object.arguments?.isEmpty == true, object.entries.isEmpty, object.elements.isEmpty,
      object.state == nil || heap.attributes(of: object) != nil
    else { return nil }
    var result = PickleDictionary(kind: .dict)
    if let state = object.state, let attributes = heap.dictionary(state) {
      result.entries = attributes.entries
    }
    return try mapping(result, of: object.name)
  }

  /// The items of a kind of dictionary as a mapping; nil if it has attributes other than its items
  /// under the same names (`EasyDict`) and its class's own, whose names begin with an underscore.
  private mutating func mapping(
    ofItems object: PickleOpaque
  ) throws(CheckpointError) -> Converted? {
    let attributes = heap.attributes(of: object)
    guard object.elements.isEmpty, object.state == nil || attributes != nil else { return nil }
    let items = Set(object.entries.compactMap { heap.text($0.key) })
    guard (attributes ?? []).allSatisfy({ items.contains($0.name) || $0.name.hasPrefix("_") })
    else { return nil }
    return try mapping(
      PickleDictionary(kind: .dict, entries: object.entries), of: object.name)
  }

  private mutating func mapping(
    _ dictionary: PickleDictionary, of className: String
  ) throws(CheckpointError) -> Converted? {
    guard dictionary.entries.allSatisfy({ heap.key($0.key) != nil }) else { return nil }
    readClasses.add(className, as: "a dict", at: name)
    return try self.dictionary(dictionary)
  }

  /// A tensor of another device: `torch._utils._rebuild_device_tensor_from_numpy(array, dtype,
  /// device, requires_grad)`, or the same from a tensor. Nil if its type was changed.
  mutating func deviceTensor(_ object: PickleOpaque) throws(CheckpointError) -> Converted? {
    guard object.name.hasPrefix("torch._utils._rebuild_device_tensor_from_"),
      let arguments = object.arguments, arguments.count == 4,
      case .global(let index) = arguments[1], case .scalarType(let type) = heap.globals[index].role,
      case .bool(let requiresGrad) = arguments[3]
    else { return nil }
    let converted = try converted(arguments[0])
    guard var tensor = converted.value.tensor, tensor.scalarType == type else { return nil }
    tensor.requiresGrad = requiresGrad
    return Converted(value: .tensor(tensor))
  }
}

extension PickleHeap {
  /// The elements of the only argument, a list or tuple; none without arguments; nil otherwise.
  fileprivate func elements(_ arguments: [PickleValue]) -> [PickleValue]? {
    switch (arguments.count, arguments.first) {
    case (0, _): []
    case (1, .list(let index)): lists[index]
    case (1, .tuple(let index)): tuples[index]
    default: nil
    }
  }

  /// The text of a `pathlib.PosixPath(part, ...)` and the like; nil for any other object.
  fileprivate func path(_ object: PickleOpaque) -> String? {
    guard object.name.hasPrefix("pathlib."), object.name.hasSuffix("Path"), object.state == nil
    else { return nil }
    let separator = object.name.contains("Windows") ? "\\" : "/"
    var path = ""
    for argument in object.arguments ?? [] {
      guard let part = text(argument) else { return nil }
      // The first part can be the root, which ends in a separator.
      if !path.isEmpty, !path.hasSuffix(separator) { path += separator }
      path += part
    }
    return path.isEmpty ? "." : path
  }
}
