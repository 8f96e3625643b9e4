import DBNBatchNorm
import DBNTensors

extension GraphImporter {
  /// The finished graph, without nodes whose results are unused.
  mutating func graph() throws(CheckpointError) -> Graph {
    var (outputs, types): ([String], [String: ScalarType]) = ([], [:])
    for output in document.outputs {
      switch (output.role, output.name) {
      case (.user, let name?):
        let value = try value(of: name)
        outputs.append(value)
        if let type = try meta(name).integralType { types[value] = type }
      case (.user, nil): note("an output that is not a tensor is left out")
      case (.mutation(let key), let name): noteMutation(of: key, by: name)
      case (.userMutation, _):
        note("the model changes an input in place; here the input keeps its values")
      }
    }
    guard !outputs.isEmpty else { throw .program("the program has no outputs") }
    let root = document.graph.nodes.lazy.compactMap(\.root).first
    let name = root?.split(separator: ".").last.map(String.init)
    return Graph(
      name: name ?? "exported", inputs: try inputs(), nodes: usedNodes(for: outputs),
      outputs: outputs, outputTypes: types, parameters: try parameters())
  }

  private mutating func value(of name: String) throws(CheckpointError) -> String {
    switch try operand(of: name) {
    case .value(let value): return value
    case let parameter:
      guard case .value(let value) = try single(.identity, [parameter], name) else { return name }
      return value
    }
  }

  /// Notes a tensor whose changes the graph does not keep: only BatchNorms keep state.
  private mutating func noteMutation(of key: String, by name: String?) {
    if BatchNormSite.namesBuffer(key) { return }
    note("the model changes its tensor '\(key)' in a forward pass; here it keeps its value")
  }

  private func inputs() throws(CheckpointError) -> [Graph.Input] {
    var inputs: [Graph.Input] = []
    for input in document.inputs {
      guard case .user = input.role else { continue }
      let meta = try meta(input.name)
      inputs.append(Graph.Input(input.name, shape: meta.shape, scalarType: meta.integralType))
    }
    return inputs
  }

  private func parameters() throws(CheckpointError) -> [Graph.Parameter] {
    var parameters: [Graph.Parameter] = []
    for input in document.inputs {
      guard case .stateDict(let key) = input.role else { continue }
      let shape = try meta(input.name).shape.map { size throws(CheckpointError) in
        try size.orProgramError("a size of the tensor `\(key)`")
      }
      parameters.append(Graph.Parameter(key: key, shape: shape))
    }
    return parameters
  }

  /// The nodes that outputs depend on, and BatchNorms, whose statistics depend on their input.
  private func usedNodes(for outputs: [String]) -> [Graph.Node] {
    var used = Set(outputs)
    var kept: [Graph.Node] = []
    for node in nodes.reversed() {
      var isNeeded = node.outputs.contains(where: used.contains)
      if node.operation.batchNorm != nil { isNeeded = true }
      guard isNeeded else { continue }
      kept.append(node)
      for case .value(let name) in node.operands { used.insert(name) }
      used.formUnion(node.operation.sizes.flatMap(\.values))
    }
    return kept.reversed()
  }
}
