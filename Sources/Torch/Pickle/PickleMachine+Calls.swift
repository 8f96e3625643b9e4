import Tensors

/// Operations that name, call and complete things: they only look up tables of our own.
extension PickleMachine {
  mutating func pushGlobal() throws(CheckpointError) {
    let module = try reader.readLine().utf8Text
    let name = try reader.readLine().utf8Text
    try pushGlobal(module, name, by: "GLOBAL")
  }

  mutating func pushStackGlobal() throws(CheckpointError) {
    let names = try pop(2)
    guard let module = heap.text(names[0]), let name = heap.text(names[1]) else {
      throw CheckpointError(.pickleArguments, "STACK_GLOBAL names something by other than text")
    }
    try pushGlobal(module, name, by: "STACK_GLOBAL")
  }

  private mutating func pushGlobal(
    _ module: String, _ name: String, by operation: String
  ) throws(CheckpointError) {
    // Protocol 2 writes Python 2's name of the module.
    let path = "\(module == "__builtin__" ? "builtins" : module).\(name)"
    guard let role = PickleGlobal.table[path] else {
      throw PickleGlobal.refusal(of: path, by: operation)
    }
    push(heap.global(PickleGlobal(name: path, role: role)))
  }

  mutating func call(_ operation: String) throws(CheckpointError) {
    let operands = try pop(2)
    guard case .global(let index) = operands[0],
      case .callable(let function) = heap.globals[index].role
    else {
      throw CheckpointError(
        .pickleCall, "\(operation) calls \(heap.typeName(operands[0])), which is no function")
    }
    guard case .tuple(let arguments) = operands[1] else {
      throw CheckpointError(
        .pickleCall,
        "\(operation) calls \(heap.globals[index].name) with \(heap.typeName(operands[1])) in "
          + "place of a tuple of arguments")
    }
    try charge(heap.tuples[arguments])
    let values = PickleArguments(of: heap.globals[index].name, heap.tuples[arguments])
    push(try function(&self, values))
  }

  /// Gives a dictionary attributes of its own, such as `_metadata`.
  mutating func build() throws(CheckpointError) {
    let state = try pop()
    guard case .dictionary(let index) = try top(), heap.dictionaries[index].kind != .dict else {
      throw CheckpointError(
        .pickleTarget, "BUILD works on an OrderedDict, not on \(heap.typeName(try top()))",
        advice: "save it again with torch.save, as a state dict")
    }
    guard let entries = heap.dictionary(state)?.entries else {
      throw CheckpointError(
        .pickleTarget, "BUILD takes attributes from a dict, not from \(heap.typeName(state))")
    }
    guard entries.count + heap.dictionaries[index].attributes.count <= Self.maximumAttributes
    else {
      throw CheckpointError(.limitExceeded, "BUILD gives \(entries.count) attributes")
    }
    for (key, value) in entries { try setAttribute(key, to: value, of: index) }
  }

  /// A state dict has one attribute, `_metadata`; they are looked for one after the other.
  private static let maximumAttributes = 100

  private mutating func setAttribute(
    _ key: CheckpointDictionary.Key, to value: PickleValue, of index: Int
  ) throws(CheckpointError) {
    guard let name = key.string else {
      throw CheckpointError(.pickleTarget, "BUILD names an attribute \(key), which is no text")
    }
    let attributes = heap.dictionaries[index].attributes
    if let place = attributes.firstIndex(where: { $0.name.isIdentical(to: name) }) {
      heap.dictionaries[index].attributes[place].value = value
    } else {
      heap.dictionaries[index].attributes.append((name, value))
    }
  }

  /// A storage by its persistent id: `('storage', type, key, location, numel)`.
  mutating func pushStorage() throws(CheckpointError) {
    let identifier = try pop()
    guard case .tuple(let index) = identifier, heap.tuples[index].count == 5,
      case let parts = heap.tuples[index], heap.text(parts[0]) == "storage",
      case .global(let type) = parts[1],
      case .storageType(let storageType) = heap.globals[type].role,
      let key = heap.text(parts[2]), case .int(let count) = parts[4]
    else {
      throw CheckpointError(
        .picklePersistentID, "the persistent id is not that of a storage",
        advice: "save it again with torch.save, as a state dict")
    }
    push(heap.storage(try tensors.storage(key, storageType, count: count)))
  }
}

extension ByteRegion {
  /// The bytes as text, what is not UTF-8 replaced: a name that is only compared and shown.
  fileprivate var utf8Text: String { String(decoding: array, as: UTF8.self) }
}
