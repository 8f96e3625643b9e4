package import DBNTensors

extension Graph {
  /// The largest number of nodes that is read: real models have thousands.
  package static let nodeLimit = 100_000

  /// - Throws: `invalidGraph` unless every value is made once and before it is used, and the names
  ///   of nodes are unique.
  package func validate() throws(CheckpointError) {
    guard nodes.count <= Self.nodeLimit else {
      throw CheckpointError(.limitExceeded, "the graph has more than \(Self.nodeLimit) nodes")
    }
    var made: Set<String> = []
    for input in inputs {
      guard made.insert(input.name).inserted else {
        throw .graph(input.name, "two inputs have this name")
      }
      guard input.shape.allSatisfy({ $0 ?? 0 >= 0 }) else {
        throw .graph(input.name, "the input has a negative size")
      }
    }
    var names: Set<String> = []
    for node in nodes {
      guard names.insert(node.name).inserted else {
        throw .graph(node.name, "two nodes have this name")
      }
      try check(node, made)
      for output in node.outputs {
        guard made.insert(output).inserted else {
          throw .graph(output, "two values have this name")
        }
      }
    }
    for output in outputs + updates.values.sorted() where !made.contains(output) {
      throw .graph(output, "no input or node makes this output")
    }
    try checkParameters()
  }

  private func check(_ node: Node, _ made: Set<String>) throws(CheckpointError) {
    var used = Set(node.operation.sizes.flatMap(\.values))
    for case .value(let name) in node.operands { used.insert(name) }
    guard let unknown = used.subtracting(made).min() else { return }
    throw .graph(
      node.name, "the node uses '\(unknown.visible())', which no input or earlier node makes")
  }

  private func checkParameters() throws(CheckpointError) {
    var keys: Set<String> = []
    for parameter in parameters {
      guard keys.insert(parameter.key).inserted else {
        throw .graph(parameter.key, "two parameters have this name")
      }
      guard parameter.shape.allSatisfy({ $0 >= 0 }) else {
        throw .graph(parameter.key, "the parameter has a negative size")
      }
    }
  }
}

extension CheckpointError {
  fileprivate static func graph(_ name: String, _ reason: String) -> CheckpointError {
    CheckpointError(
      .invalidGraph, name: name, "the graph is broken: \(reason)",
      advice: "the file is damaged; get it again")
  }
}
