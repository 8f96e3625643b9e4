import Tensors

/// Operations that make and fill containers.
extension PickleMachine {
  mutating func pushTuple(count: Int) throws(CheckpointError) {
    push(heap.tuple(try pop(count)))
  }

  mutating func pushTuple() throws(CheckpointError) {
    push(heap.tuple(try popMark()))
  }

  mutating func append(
    _ operation: String, _ items: [PickleValue]
  ) throws(CheckpointError) {
    guard case .list(let index) = try top() else { throw try wrongTarget(operation, "a list") }
    heap.lists[index].append(contentsOf: items)
  }

  mutating func addItems() throws(CheckpointError) {
    let items = try popMark()
    guard case .set(let index) = try top() else { throw try wrongTarget("ADDITEMS", "a set") }
    try checkHashable(items)
    heap.sets[index].append(contentsOf: items)
  }

  mutating func setItems(
    _ operation: String, _ items: [PickleValue]
  ) throws(CheckpointError) {
    guard case .dictionary(let index) = try top() else {
      throw try wrongTarget(operation, "a dictionary")
    }
    guard items.count.isMultiple(of: 2) else {
      throw CheckpointError(.pickleArguments, "\(operation) has a key without a value")
    }
    for position in stride(from: 0, to: items.count, by: 2) {
      heap.dictionaries[index].entries.append((try key(items[position]), items[position + 1]))
    }
  }

  /// The value as a key of a dictionary.
  func key(_ value: PickleValue) throws(CheckpointError) -> CheckpointDictionary.Key {
    switch value {
    case .string(let index): return .string(heap.strings[index])
    case .int(let number): return .int(number)
    default:
      throw CheckpointError(
        .pickleKey,
        "a dictionary in here has a key that is \(described(value)); keys can be text and 64-bit "
          + "integers",
        advice: "save it again with other keys, or without the dictionary")
    }
  }

  private func described(_ value: PickleValue) -> String {
    if case .leaf(let index) = value, case .largeInt = heap.leaves[index] {
      return "an int of more than 64 bits"
    }
    return "of type \(heap.typeName(value))"
  }

  /// Elements of a set: what Python can hash. Tuples are taken without looking inside.
  func checkHashable(_ items: [PickleValue]) throws(CheckpointError) {
    for item in items {
      switch item {
      case .list, .set, .dictionary:
        throw CheckpointError(
          .pickleArguments, "a \(heap.typeName(item)) cannot be an element of a set")
      default: continue
      }
    }
  }

  private func wrongTarget(
    _ operation: String, _ wanted: String
  ) throws(CheckpointError) -> CheckpointError {
    CheckpointError(
      .pickleTarget, "\(operation) works on \(wanted), not on \(heap.typeName(try top()))",
      advice: "the file is damaged or made to deceive; get it again")
  }
}
