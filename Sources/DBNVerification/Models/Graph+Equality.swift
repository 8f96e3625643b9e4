import DBNModels

extension Graph {
  /// Whether the two graphs compute the same from the same tensors: the same operations on the same
  /// operands in the same order, whatever the names of their values and the number of samples they
  /// were made for.
  ///
  /// - Parameter mode: the mode of all BatchNorms; nil if each runs in its own.
  func computes(as other: Graph, mode: ExecutionMode?) -> Bool {
    let (mine, theirs) = (ValueNumbers(self), ValueNumbers(other))
    return inputs.count == other.inputs.count
      && outputs.map(mine.number) == other.outputs.map(theirs.number)
      && nodes.count == other.nodes.count
      && zip(nodes, other.nodes).allSatisfy { node, other in
        node.operation.running(in: mode) == other.operation.running(in: mode)
          && node.outputs.count == other.outputs.count
          && node.operands.map(mine.number) == other.operands.map(theirs.number)
      }
  }
}

extension Operation {
  /// The operation in a mode that overrides its own.
  fileprivate func running(in mode: ExecutionMode?) -> Operation {
    guard mode != nil, var attributes = batchNorm else { return self }
    attributes.exportedMode = mode
    return .batchNorm(attributes)
  }
}

/// Numbers for values, in the order in which they are supplied or made.
private struct ValueNumbers {
  private var numbers: [String: Int] = [:]

  init(_ graph: Graph) {
    for name in graph.inputs.map(\.name) + graph.nodes.flatMap(\.outputs) {
      numbers[name] = numbers.count
    }
  }

  func number(_ name: String) -> Int? { numbers[name] }

  /// The operand with a value's name replaced by its number.
  func number(_ operand: Graph.Operand) -> Graph.Operand {
    guard case .value(let name) = operand else { return operand }
    return .value(number(name).map { "\($0)" } ?? name)
  }
}
