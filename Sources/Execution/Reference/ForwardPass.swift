import Models
import Tensors

/// One run through the nodes of a graph.
struct ForwardPass {
  private let graph: Graph
  private let parameters: [String: DenseArray]
  private let mode: ExecutionMode
  private(set) var batchNorms: [String: BatchNormModule]
  private var values: LiveValues<DenseArray>

  init(
    _ graph: Graph, _ parameters: [String: DenseArray], _ batchNorms: [String: BatchNormModule],
    _ mode: ExecutionMode
  ) {
    self.graph = graph
    self.parameters = parameters
    self.batchNorms = batchNorms
    self.mode = mode
    values = LiveValues(graph)
  }

  mutating func run(
    _ inputs: [String: DenseArray], _ observe: Executor.Observer?
  ) throws(CheckpointError) -> [DenseArray] {
    for input in graph.inputs {
      values.set(input.name, to: try checked(inputs[input.name], for: input))
    }
    for node in graph.nodes {
      do throws(CheckpointError) {
        let outputs = try evaluate(node)
        try observe?(node, outputs)
        for (name, output) in zip(node.outputs, outputs) { values.set(name, to: output) }
      } catch {
        throw error.with(name: node.name)
      }
      values.release(node)
    }
    return try graph.outputs.map { name throws(CheckpointError) in try values.value(name) }
  }

  private func checked(
    _ value: DenseArray?, for input: Graph.Input
  ) throws(CheckpointError) -> DenseArray {
    guard let value else {
      throw CheckpointError(.missingOperand, name: input.name, "the model's input is not given")
    }
    let fits =
      value.shape.count == input.shape.count
      && zip(value.shape, input.shape).allSatisfy { $0 == $1 ?? $0 }
    guard fits else {
      let wanted = input.shape.map { $0.map { "\($0)" } ?? "any" }.joined(separator: ", ")
      throw CheckpointError.shape("the input has the shape \(value.shape), not [\(wanted)]")
        .with(name: input.name)
    }
    return value
  }

  private mutating func evaluate(_ node: Graph.Node) throws(CheckpointError) -> [DenseArray] {
    let operands = try node.operands.map { operand throws(CheckpointError) in try value(operand) }
    guard case .batchNorm(let attributes) = node.operation, case let input?? = operands.first else {
      return try node.operation.outputs(of: operands)
    }
    return [try batchNorm(attributes.module, input)]
  }

  private func value(_ operand: Graph.Operand) throws(CheckpointError) -> DenseArray? {
    switch operand {
    case .value(let name): try values.value(name)
    case .parameter(let key): parameters[key]
    case .none: nil
    }
  }

  private mutating func batchNorm(
    _ module: String, _ input: DenseArray
  ) throws(CheckpointError) -> DenseArray {
    guard var batchNorm = batchNorms[module] else {
      throw CheckpointError(.missingOperand, "the graph uses a BatchNorm that nothing has read")
    }
    switch mode {
    case .evaluation: return try batchNorm.evaluate(input)
    case .training:
      let output = try batchNorm.train(input)
      batchNorms[module] = batchNorm
      return output
    }
  }
}
