import DBNBatchNorm
import DBNTensors

extension GraphImporter {
  /// The finished graph, without nodes whose results are unused.
  mutating func graph() throws(CheckpointError) -> Graph {
    var (outputs, types): ([String], [String: ScalarType]) = ([], [:])
    // By key, the names of the tensors whose elements the program gives them.
    var listed: [String: String] = [:]
    for output in document.outputs {
      switch (output.role, output.name) {
      case (.user, let name?):
        let value = try value(of: name)
        outputs.append(value)
        if let type = try meta(name).integralType { types[value] = type }
      case (.user, nil): note("an output that is not a tensor is left out")
      case (.mutation(let key), let name): listed[key] = name ?? ""
      case (.userMutation, _):
        note("the model changes an input in place; here the input keeps its values")
      }
    }
    guard !outputs.isEmpty else { throw .program("the program has no outputs") }
    let nodes = try joiningDevices(nodes).map { keepingBuffers($0, Set(listed.keys)) }
    noteFunctions()
    let updates = newValues(listed, nodes)
    let root = document.graph.nodes.lazy.compactMap(\.root).first
    let name = root?.split(separator: ".").last.map(String.init)
    return Graph(
      name: name ?? "exported", inputs: try inputs(),
      nodes: usedNodes(nodes, for: outputs + updates.values),
      outputs: outputs, outputTypes: types, updates: updates, parameters: try parameters())
  }

  private mutating func value(of name: String) throws(CheckpointError) -> String {
    switch try operand(of: name) {
    case .value(let value): return value
    case let parameter:
      guard case .value(let value) = try single(.identity, [parameter], name) else { return name }
      return value
    }
  }

  /// A BatchNorm with the buffers that the program does not update in training; every other node
  /// unchanged.
  ///
  /// - Parameter changed: the keys of the tensors whose new values the program lists.
  private func keepingBuffers(_ node: Graph.Node, _ changed: Set<String>) -> Graph.Node {
    guard var attributes = node.operation.batchNorm, attributes.exportedMode == .training else {
      return node
    }
    // Other operations of PyTorch update the statistics themselves.
    if let mean = newMeans[node.name], !copied.contains(mean) {
      attributes.keptBuffers = [.runningMean, .runningVar]
    }
    if let counter = inputName(of: .numBatchesTracked, in: attributes.module),
      !isChanged(counter), !changed.contains(keys[counter] ?? "")
    {
      attributes.keptBuffers.insert(.numBatchesTracked)
    }
    return Graph.Node(node.name, .batchNorm(attributes), node.operands, outputs: node.outputs)
  }

  /// Notes the BatchNorms that no mode changes.
  private mutating func noteFunctions() {
    functions += deviceCalls.values.map(\.call)
    guard let first = functions.map(\.node.name).min() else { return }
    note(
      "run as exported in every mode, since their statistics are not those of a module: "
        + "\(counted(functions.count, "BatchNorm")), beginning with '\(first.visible())'")
  }

  /// The values of the tensors that the program changes, by their keys; notes those too that the graph
  /// can't have. Without the buffers of BatchNorms, which keep their state themselves.
  ///
  /// - Parameter listed: the names of new values by key, of those that the program lists; in-place
  ///   operations change others too.
  private mutating func newValues(
    _ listed: [String: String], _ nodes: [Graph.Node]
  ) -> [String: String] {
    var changed = Set(listed.keys).union(keys.filter { isChanged($0.key) }.values)
    for call in functions where call.isTraining {
      changed.formUnion(call.tensors.filter(\.key.isBuffer).values.compactMap(sharedKey))
    }
    for case let attributes? in nodes.map(\.operation.batchNorm)
    where attributes.exportedMode == .training {
      changed.subtract(attributes.buffers)
    }
    var updates: [String: String] = [:]
    for key in changed {
      let name = listed[key] ?? inputNames[key] ?? ""
      // What a BatchNorm keeps to itself has no value, and what is not computed is no new one.
      if case .value(let value)? = try? operand(of: name) { updates[key] = value }
    }
    note(changing: updates.keys.sorted(), "a saved state has the new")
    note(changing: changed.subtracting(updates.keys).sorted(), "a saved state has the stored")
    return updates
  }

  private mutating func note(changing keys: [String], _ outcome: Guidance) {
    guard let first = keys.first else { return }
    let tensors: Guidance =
      keys.count == 1
      ? "its tensor '\(first.visible())'"
      : "\(keys.count) of its tensors, beginning with '\(first.visible())',"
    note(
      "the model changes \(tensors) in a forward pass; here each pass begins with what is stored, "
        + "and \(outcome)")
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
  private func usedNodes(
    _ nodes: [Graph.Node], for outputs: [String]
  ) -> [Graph.Node] {
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

extension Operation.BatchNormAttributes {
  /// The keys of the tensors that it updates.
  fileprivate var buffers: [String] {
    norm.tensors.filter(\.quantity.isBuffer).map { module.isEmpty ? $0.key : "\(module).\($0.key)" }
  }
}
