import DBNTensors

/// Operations that make and fill containers.
extension PickleMachine {
  mutating func pushTuple(count: Int) throws(CheckpointError) {
    push(heap.tuple(try pop(count)))
  }

  mutating func pushTuple() throws(CheckpointError) {
    push(heap.tuple(try popMark()))
  }

  /// LIST in protocol 0.
  mutating func pushList() throws(CheckpointError) {
    push(heap.list(try popMark()))
  }

  /// DICT in protocol 0.
  mutating func pushDictionary(_ operation: PickleOperation) throws(CheckpointError) {
    let pairs = try pairs(of: popMark(), operation)
    for (key, _) in pairs { try checkKey(key) }
    push(heap.dictionary(PickleDictionary(kind: .dict, entries: pairs)))
  }

  /// FROZENSET in protocol 4: an opaque value, like the call that older protocols write.
  mutating func pushFrozenSet(_ operation: PickleOperation) throws(CheckpointError) {
    let items = try popMark()
    try opaqueNames.check(PickleName.frozenSet, by: operation)
    let arguments = [heap.list(items)]
    push(heap.opaque(PickleOpaque(name: PickleName.frozenSet, arguments: arguments)))
  }

  mutating func append(
    _ operation: PickleOperation, _ items: [PickleValue]
  ) throws(CheckpointError) {
    switch try top() {
    case .list(let index): heap.lists[index].append(contentsOf: items)
    case .opaque(let index) where heap.opaques[index].arguments != nil:
      heap.opaques[index].elements.append(contentsOf: items)
    default: throw try wrongTarget(operation, "a list")
    }
  }

  mutating func addItems(_ operation: PickleOperation) throws(CheckpointError) {
    let items = try popMark()
    switch try top() {
    case .set(let index):
      try checkHashable(items)
      heap.sets[index].append(contentsOf: items)
    case .opaque(let index) where heap.opaques[index].arguments != nil:
      heap.opaques[index].elements.append(contentsOf: items)
    default: throw try wrongTarget(operation, "a set")
    }
  }

  mutating func setItems(
    _ operation: PickleOperation, _ items: [PickleValue]
  ) throws(CheckpointError) {
    let pairs = try pairs(of: items, operation)
    switch try top() {
    case .dictionary(let index):
      for (key, _) in pairs { try checkKey(key) }
      heap.dictionaries[index].entries.makeRoom(for: pairs.count)
      heap.dictionaries[index].entries.append(contentsOf: pairs)
    case .opaque(let index) where heap.opaques[index].arguments != nil:
      heap.opaques[index].entries.append(contentsOf: pairs)
    default: throw try wrongTarget(operation, "a dictionary")
    }
  }

  private func pairs(
    of items: [PickleValue], _ operation: PickleOperation
  ) throws(CheckpointError) -> [(key: PickleValue, value: PickleValue)] {
    guard items.count.isMultiple(of: 2) else {
      throw CheckpointError(.pickleArguments, "\(operation.name) has a key without a value")
    }
    return stride(from: 0, to: items.count, by: 2).map { (items[$0], items[$0 + 1]) }
  }

  /// Refuses a key that Python can't hash. A dictionary with keys that are objects or tensors
  /// becomes an opaque value.
  func checkKey(_ value: PickleValue) throws(CheckpointError) {
    switch value {
    case .list, .set, .dictionary:
      throw CheckpointError(
        .pickleKey,
        "a dictionary has a key that is \(withArticle(heap.typeName(value))), which "
          + "Python cannot hash", advice: "the file is damaged or malicious; get it again")
    default: return
    }
  }

  /// Refuses elements of a set that Python can't hash. Tuples are accepted without inspecting them.
  func checkHashable(_ items: [PickleValue]) throws(CheckpointError) {
    for item in items {
      switch item {
      case .list, .set, .dictionary:
        throw CheckpointError(
          .pickleArguments, "\(withArticle(heap.typeName(item))) cannot be an element of a set")
      default: continue
      }
    }
  }

  private func wrongTarget(
    _ operation: PickleOperation, _ wanted: String
  ) throws(CheckpointError) -> CheckpointError {
    CheckpointError(
      .pickleTarget, "\(operation.name) works on \(wanted), not on \(heap.typeName(try top()))",
      advice: "the file is damaged or malicious; get it again")
  }
}
