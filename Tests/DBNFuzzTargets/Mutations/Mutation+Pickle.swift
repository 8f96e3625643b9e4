import DBNTensors
import DBNTorch

extension Mutation {
  /// Pickles, one after the other, with whole operations changed; what follows them stays.
  mutating func changedPickles(_ bytes: [UInt8]) -> [UInt8] {
    var (operations, rest) = PickledOperation.all(in: bytes)
    guard !operations.isEmpty else { return plain(bytes, limit) }
    let index = number(operations.count)
    switch number(8) {
    case 0: operations.removeSubrange(index..<min(index + 1 + number(3), operations.count))
    case 1: operations.insert(operations[number(operations.count)], at: index)
    case 2: operations.swapAt(index, number(operations.count))
    case 3:
      let start = number(operations.count)
      let some = operations[start..<min(start + 1 + number(8), operations.count)]
      operations.insert(contentsOf: some, at: index)
    case 4: operations[index] = PickledOperation(anyOperation(), [])
    default: change(&operations[index])
    }
    return operations.flatMap(\.bytes) + rest
  }

  private mutating func anyOperation() -> PickleOperation {
    let simple = PickleOperation.allCases.filter { operation in
      if case .nothing = operation.argument { true } else { false }
    }
    return simple[number(simple.count)]
  }

  /// Changes the argument; the operation itself if it has none.
  private mutating func change(_ operation: inout PickledOperation) {
    switch operation.kind.argument {
    case .nothing: operation = PickledOperation(anyOperation(), [])
    case .counted: operation.argument = plain(operation.argument, operation.argument.count + 64)
    case .number, .float:
      let changed = plain(operation.argument, operation.argument.count)
      operation.argument.replaceSubrange(0..<changed.count, with: changed)
    case .lines:
      var lines = operation.argument.split(separator: 0x0A, omittingEmptySubsequences: false)
      let index = number(lines.count - 1)
      lines[index] = plain(Array(lines[index]), lines[index].count + 64).filter { $0 != 0x0A }[...]
      operation.argument = Array(lines.joined(separator: [0x0A]))
    }
  }
}
