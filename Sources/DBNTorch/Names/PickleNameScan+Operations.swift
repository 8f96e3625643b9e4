import DBNTensors

extension PickleNameScan {
  /// What an operation does with the stack and the memo, and the name that it has.
  mutating func follow(_ operation: PickleOperation, at start: Int) throws(CheckpointError) {
    let pair = lastOfPair
    lastOfPair = nil
    switch operation {
    case .global, .inst: return try followName(operation, at: start)
    case .stackGlobal:
      let name = pop()
      return followName(text(of: pop()), text(of: name), at: start)
    case .get, .binGet, .longBinGet: return push(memo[try memoNumber(operation)] ?? .other)
    case .put, .binPut, .longBinPut:
      lastOfPair = pair
      return remember(at: try memoNumber(operation))
    default: try reader.skipArgument(of: operation)
    }
    switch operation {
    case .stop, .proto, .frame, .readOnlyBuffer, .global, .inst, .stackGlobal, .get, .binGet,
      .longBinGet, .put, .binPut, .longBinPut:
      break
    case .memoize:
      lastOfPair = pair
      remember(at: memoEnd)
    case .string, .unicode, .shortBinString, .binString, .shortBinUnicode, .binUnicode,
      .binUnicode8, .int, .binInt, .binInt1, .binInt2:
      push(constantAt: start)
    case .shortBinBytes, .binBytes, .binBytes8, .byteArray8: pushBytes(operation, at: start)
    case .mark: push(.mark)
    case .pop: _ = stack.popLast()
    case .popMark: _ = popMark()
    case .dup: push(stack.last ?? .other)
    case .tuple1, .binPersID: push(joining: pop(1))
    case .tuple2:
      let values = pop(2)
      push(joining: values)
      lastOfPair = values[1]
    case .tuple3, .newObjEx: push(joining: pop(3))
    case .reduce, .newObj: followCall(pop(2), pair)
    case .tuple, .list, .frozenSet, .obj: push(joining: popMark())
    case .dict:
      let items = popMark()
      push(.other)
      put(items[...], areItems: true)
    case .append, .build: put(pop(1)[...])
    case .appends, .addItems: put(popMark()[...])
    case .setItem: put(pop(2)[...], areItems: true)
    case .setItems: put(popMark()[...], areItems: true)
    case .pushNone, .newTrue, .newFalse, .long, .long1, .long4, .float, .binFloat, .emptyTuple,
      .emptyList, .emptyDict, .emptySet, .persID, .ext1, .ext2, .ext4, .nextBuffer:
      push(.other)
    }
  }

  mutating func push(_ value: Value) { stack.append(value) }

  private mutating func push(constantAt start: Int) {
    push(UInt32(exactly: start).map { .constant($0) } ?? .other)
    noteInner(textAt: start)
  }

  private mutating func pop() -> Value { stack.popLast() ?? .other }

  /// Always so many values: those that are not there are others.
  private mutating func pop(_ count: Int) -> [Value] {
    let missing = Array(repeating: Value.other, count: max(0, count - stack.count))
    let values = missing + stack.suffix(count)
    stack.removeLast(min(count, stack.count))
    return values
  }

  private mutating func popMark() -> [Value] {
    let mark = stack.lastIndex { if case .mark = $0 { true } else { false } }
    let values = Array(stack[(mark.map { $0 + 1 } ?? 0)...])
    stack.removeLast(stack.count - (mark ?? 0))
    return values
  }

  private mutating func remember(at number: Int) {
    memoEnd = max(memoEnd, number + 1)
    guard isRecalled(number) else { return }
    switch stack.last {
    case .constant?, .node?: memo[number] = stack.last
    case .other?, .mark?, nil: memo[number] = nil
    }
  }

  private func isRecalled(_ number: Int) -> Bool {
    guard let recalled else { return true }
    var (low, high) = (0, recalled.count)
    while low < high {
      let middle = (low + high) / 2
      if recalled[middle] < number { low = middle + 1 } else { high = middle }
    }
    return low < recalled.count && recalled[low] == number
  }

  private mutating func memoNumber(_ operation: PickleOperation) throws(CheckpointError) -> Int {
    guard case .lines = operation.argument else { return try reader.readCount(of: operation) }
    let number = Int(String(decoding: try reader.readLine().array, as: UTF8.self)) ?? 0
    return max(0, min(number, .max - 1))
  }
}

extension PickleNameScan {
  /// The node of a value that has names, unless it is in another value already.
  private func free(_ value: Value) -> Int32? {
    guard case .node(let node) = value, nodes[Int(node)].parent == 0 else { return nil }
    return node
  }

  mutating func makeNode(_ node: Node = Node()) -> Int32 {
    nodes.append(node)
    return Int32(truncatingIfNeeded: nodes.count - 1)
  }

  /// Pushes a value that is made of others.
  private mutating func push(joining values: [Value]) {
    let parts = values.compactMap(free)
    guard parts.count > 1 else { return push(parts.first.map { .node($0) } ?? .other) }
    let whole = makeNode()
    for part in parts { nodes[Int(part)].parent = whole }
    push(.node(whole))
  }

  /// Puts values into the one on top.
  ///
  /// - Parameter areItems: whether they are keys and values in turn.
  private mutating func put(_ values: ArraySlice<Value>, areItems: Bool = false) {
    for (place, value) in values.enumerated() {
      guard let part = free(value) else { continue }
      guard let target = targetNode(), target != part else { continue }
      nodes[Int(part)].parent = target
      let isValue = areItems && place % 2 == 1
      if isValue { nodes[Int(part)].key = values[values.startIndex + place - 1] }
    }
  }

  /// The node of the value on top, which becomes one that has names.
  private mutating func targetNode() -> Int32? {
    guard let top = stack.last else { return nil }
    if case .mark = top { return nil }
    if let node = free(top) { return node }
    let node = makeNode()
    stack[stack.count - 1] = .node(node)
    return node
  }

  /// A call: `getattr` gets at dangerous functions by attributes of harmless ones.
  private mutating func followCall(_ values: [Value], _ lastArgument: Value?) {
    if case .node(let node) = values[0], let index = nodes[Int(node)].name,
      names[index].name.path == "builtins.getattr",
      lastArgument.map({ text(of: $0) })?.map(DangerousNames.isAttribute) ?? true
    {
      names[index].name.isDangerous = true
    }
    push(joining: values)
  }
}
