package import DBNTensors

/// The values of one run of a graph, by name; each is released after its last use.
package struct LiveValues<Value> {
  private var values: [String: Value] = [:]
  private var usesLeft: [String: Int] = [:]

  package init(_ graph: Graph) {
    for node in graph.nodes {
      for case .value(let name) in node.operands { usesLeft[name, default: 0] += 1 }
    }
    for name in graph.outputs { usesLeft[name, default: 0] += 1 }
  }

  /// - Throws: `missingOperand` if no node has made the value.
  package func value(_ name: String) throws(CheckpointError) -> Value {
    guard let value = values[name] else {
      throw CheckpointError(
        .missingOperand, name: name, "the graph uses a value that no input or earlier node makes")
    }
    return value
  }

  /// Keeps a value if it will be used.
  ///
  /// - Returns: whether it will.
  @discardableResult
  package mutating func set(_ name: String, to value: Value) -> Bool {
    guard usesLeft[name, default: 0] > 0 else { return false }
    values[name] = value
    return true
  }

  /// Counts a node's uses of its operands after it has run, and releases values that are used up.
  ///
  /// - Returns: the released values.
  @discardableResult
  package mutating func release(_ node: Graph.Node) -> [Value] {
    var released: [Value] = []
    for case .value(let name) in node.operands {
      usesLeft[name, default: 0] -= 1
      if usesLeft[name] == 0, let value = values.removeValue(forKey: name) {
        released.append(value)
      }
    }
    return released
  }
}
