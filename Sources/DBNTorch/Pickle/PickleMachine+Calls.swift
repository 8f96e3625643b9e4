import DBNTensors

/// Operations that look up names, call them and complete objects. Names are only looked up in our
/// own table.
extension PickleMachine {
  mutating func pushGlobal(_ operation: PickleOperation) throws(CheckpointError) {
    let module = try reader.readLine().utf8Text
    let name = try reader.readLine().utf8Text
    try pushGlobal(module, name, by: operation)
  }

  mutating func pushStackGlobal(_ operation: PickleOperation) throws(CheckpointError) {
    let names = try pop(2)
    guard let module = heap.text(names[0]), let name = heap.text(names[1]) else {
      throw CheckpointError(
        .pickleArguments, "\(operation.name) must name a class or function with text")
    }
    try pushGlobal(module, name, by: operation)
  }

  private mutating func pushGlobal(
    _ module: String, _ name: String, by operation: PickleOperation
  ) throws(CheckpointError) {
    let path = Python2.path("\(Python2.module(module)).\(name)")
    if let role = PickleGlobal.table[path] {
      return push(heap.global(PickleGlobal(name: path, role: role)))
    }
    try opaqueNames.check(path, by: operation)
    push(heap.opaque(PickleOpaque(name: path)))
  }

  mutating func call(_ operation: PickleOperation) throws(CheckpointError) {
    let operands = try pop(2)
    guard case .tuple(let arguments) = operands[1] else {
      throw CheckpointError(
        .pickleCall,
        "\(operation.name) calls \(heap.typeName(operands[0])) with \(heap.typeName(operands[1])) instead "
          + "of a tuple of arguments")
    }
    let values = heap.tuples[arguments]
    heap.release(operands[1])
    try call(operands[0], values, by: operation)
  }

  private mutating func call(
    _ callee: PickleValue, _ arguments: [PickleValue], by operation: PickleOperation
  ) throws(CheckpointError) {
    switch callee {
    case .global(let index):
      guard case .callable(let function) = heap.globals[index].role else { break }
      try charge(arguments)
      let values = PickleArguments(of: heap.globals[index].name, arguments)
      let result = try function(&self, values)
      // A finished value refers to nothing in the heap.
      if case .leaf = result { for value in arguments.reversed() { heap.release(value) } }
      return push(result)
    case .opaque(let index) where heap.opaques[index].arguments == nil:
      let name = heap.opaques[index].name
      return push(heap.opaque(PickleOpaque(name: name, arguments: arguments)))
    default: break
    }
    throw CheckpointError(
      .pickleCall, "\(operation.name) calls \(heap.typeName(callee)), which is not a function")
  }

  /// INST in protocol 0: the operation contains the class name.
  mutating func callNamed(_ operation: PickleOperation) throws(CheckpointError) {
    let (module, name) = (try reader.readLine().utf8Text, try reader.readLine().utf8Text)
    let arguments = try popMark()
    try pushGlobal(module, name, by: operation)
    try call(pop(), arguments, by: operation)
  }

  /// OBJ in protocol 1: the class is below its arguments on the stack.
  mutating func callMarked(_ operation: PickleOperation) throws(CheckpointError) {
    let values = try popMark()
    guard let callee = values.first else {
      throw CheckpointError(.pickleCall, "\(operation.name) has nothing to call")
    }
    try call(callee, Array(values.dropFirst()), by: operation)
  }

  /// NEWOBJ_EX also has keyword arguments, which only opaque objects accept, since they are never
  /// made.
  mutating func callWithNames(_ operation: PickleOperation) throws(CheckpointError) {
    let operands = try pop(3)
    guard case .opaque(let index) = operands[0], heap.opaques[index].arguments == nil else {
      throw CheckpointError(
        .pickleCall,
        "\(operation.name) calls \(heap.typeName(operands[0])), which takes no named arguments")
    }
    let name = heap.opaques[index].name
    push(heap.opaque(PickleOpaque(name: name, arguments: Array(operands[1...]))))
  }

  /// BUILD: sets attributes of a dictionary, such as `_metadata`, or the state of an opaque object.
  mutating func build() throws(CheckpointError) {
    let state = try pop()
    if case .opaque(let index) = try top() { return try build(opaque: index, state) }
    guard case .dictionary(let index) = try top(), heap.dictionaries[index].kind != .dict else {
      throw CheckpointError(
        .pickleTarget, "BUILD works on an OrderedDict, not on \(heap.typeName(try top()))",
        advice: "save it again with torch.save, as a state dict")
    }
    guard let entries = heap.dictionary(state)?.entries else {
      throw CheckpointError(
        .pickleTarget, "BUILD takes attributes from a dict, not from \(heap.typeName(state))")
    }
    try charge([state])
    guard entries.count + heap.dictionaries[index].attributes.count <= Self.maximumAttributes
    else {
      throw CheckpointError(
        .limitExceeded, "BUILD gives an object more than \(Self.maximumAttributes) attributes")
    }
    for (key, value) in entries { try setAttribute(key, to: value, of: index) }
  }

  private mutating func build(opaque index: Int, _ state: PickleValue) throws(CheckpointError) {
    guard heap.opaques[index].arguments != nil, heap.opaques[index].state == nil else {
      throw CheckpointError(
        .pickleTarget, "BUILD works on a new object, not on \(heap.opaques[index].name)")
    }
    heap.opaques[index].state = state
    try handOver(index)
  }

  /// A limit that allows linear search; a state dict has one attribute, `_metadata`.
  private static let maximumAttributes = 100

  private mutating func setAttribute(
    _ key: PickleValue, to value: PickleValue, of index: Int
  ) throws(CheckpointError) {
    guard let name = heap.text(key) else {
      throw CheckpointError(
        .pickleTarget, "BUILD names an attribute by \(heap.typeName(key)), which is not text")
    }
    let attributes = heap.dictionaries[index].attributes
    if let known = attributes.firstIndex(where: { $0.name.isIdentical(to: name) }) {
      heap.dictionaries[index].attributes[known].value = value
    } else {
      heap.dictionaries[index].attributes.append((name, value))
    }
  }
}

extension ByteRegion {
  /// The bytes as text with invalid UTF-8 replaced; the name is only compared and shown.
  fileprivate var utf8Text: String { String(decoding: array, as: UTF8.self) }
}
