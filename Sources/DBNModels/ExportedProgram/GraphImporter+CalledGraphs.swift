import DBNTensors

/// Nodes that call another graph of the program: parts of a model in which gradients or autocast
/// are switched, and conditions.
extension GraphImporter {
  /// Reads a node that calls a graph, by reading the graph's nodes in its place.
  ///
  /// Recurses as deep as graphs are nested in the program's JSON, which the parser limits.
  ///
  /// - Returns: whether it is such a node.
  mutating func readCalledGraph(_ node: ProgramNode) throws(CheckpointError) -> Bool {
    let arguments = node.arguments.map(\.value)
    switch node.target {
    case "torch.ops.higher_order.wrap_with_set_grad_enabled", "torch.ops.higher_order.cond": break
    case "torch.ops.higher_order.wrap_with_autocast":
      let flags = arguments.compactMap { if case .bool(let flag) = $0 { flag } else { nil } }
      if flags.first ?? true {
        note("autocast is left out: an engine computes in its own type")
      }
    default: return false
    }
    let graphs = arguments.compactMap { if case .graph(let graph) = $0 { graph } else { nil } }
    let last = arguments.lastIndex { if case .graph = $0 { true } else { false } } ?? 0
    let operands = arguments[(last + 1)...].flatMap { $0.argumentNames }
    let called = try graphs.count == 2 ? branch(graphs, node) : graphs.first
    try read(called.orProgramError("the graph that the node calls"), operands, node)
    return true
  }

  /// The graph of a condition that is known.
  private func branch(
    _ graphs: [ProgramGraph], _ node: ProgramNode
  ) throws(CheckpointError) -> ProgramGraph {
    guard case .bool(let condition)? = node.arguments.first?.value else {
      throw CheckpointError(
        .unsupportedOperation, "a condition that depends on the inputs is not supported",
        advice: "export the model without it")
    }
    return graphs[condition ? 0 : 1]
  }

  private mutating func read(
    _ graph: ProgramGraph, _ operands: [String?], _ caller: ProgramNode
  ) throws(CheckpointError) {
    guard graph.inputs.count == operands.count else {
      throw .program(
        "the node gives \(operands.count) arguments to a graph of \(graph.inputs.count)")
    }
    // Arguments keep the caller's names; other names are the graph's own.
    var names: [String: String] = [:]
    for case (let input?, let operand?) in zip(graph.inputs, operands) { names[input] = operand }
    let rename = { name in names[name] ?? "\(caller.name).\(name)" }
    for (name, meta) in graph.tensors where names[name] == nil { describe(rename(name), meta) }
    for node in graph.nodes {
      do throws(CheckpointError) {
        try run(node.renamed(rename))
      } catch {
        throw error.with(name: node.name)
      }
    }
    let results = graph.outputs.compactMap(\.self)
    try bind(caller.outputs.flatMap(\.names), results.map { .same(rename($0)) })
  }
}

extension ProgramArgument {
  /// The names of what an argument gives to a graph; nil for numbers, which the graph contains.
  fileprivate var argumentNames: [String?] {
    switch self {
    case .tensor, .tensors, .size(.name): names
    case .sizes(let sizes): sizes.map { if case .name(let name) = $0 { name } else { nil } }
    default: [nil]
    }
  }
}
