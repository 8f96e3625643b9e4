import DBNModels
import DBNTensors

/// The values of one run of a graph, by name; each is released after its last use.
struct LiveValues<Value> {
  private var values: [String: Value] = [:]
  private var usesLeft: [String: Int] = [:]

  init(_ graph: Graph) {
    for node in graph.nodes {
      for case .value(let name) in node.operands { usesLeft[name, default: 0] += 1 }
    }
    for name in graph.outputs { usesLeft[name, default: 0] += 1 }
  }

  /// - Throws: `missingOperand` if no node has made the value.
  func value(_ name: String) throws(CheckpointError) -> Value {
    guard let value = values[name] else {
      throw CheckpointError(
        .missingOperand, name: name, "the graph uses a value that no input or earlier node makes")
    }
    return value
  }

  /// Keeps a value if it will be used.
  mutating func set(_ name: String, to value: Value) {
    if usesLeft[name, default: 0] > 0 { values[name] = value }
  }

  /// Counts a node's uses of its operands after it has run, and releases values that are used up.
  mutating func release(_ node: Graph.Node) {
    for case .value(let name) in node.operands {
      usesLeft[name, default: 0] -= 1
      if usesLeft[name] == 0 { values[name] = nil }
    }
  }
}
