import Models
import Tensors

/// One run through the nodes of a graph; values are let go after their last use.
struct ForwardPass {
  private let graph: Graph
  private let parameters: [String: DenseArray]
  private let mode: ExecutionMode
  private(set) var batchNorms: [String: BatchNormModule]
  private var values: [String: DenseArray] = [:]
  private var usesLeft: [String: Int] = [:]

  init(
    _ graph: Graph, _ parameters: [String: DenseArray], _ batchNorms: [String: BatchNormModule],
    _ mode: ExecutionMode
  ) {
    self.graph = graph
    self.parameters = parameters
    self.batchNorms = batchNorms
    self.mode = mode
    for node in graph.nodes {
      for case .value(let name) in node.operands { usesLeft[name, default: 0] += 1 }
    }
    for name in graph.outputs { usesLeft[name, default: 0] += 1 }
  }

  mutating func run(
    _ inputs: [String: DenseArray],
    _ observe: (Graph.Node, DenseArray) throws(CheckpointError) -> Void
  ) throws(CheckpointError) -> [DenseArray] {
    for input in graph.inputs { values[input.name] = try checked(inputs[input.name], for: input) }
    for node in graph.nodes {
      do throws(CheckpointError) {
        let output = try evaluate(node)
        try observe(node, output)
        values[node.outputs[0]] = output
      } catch {
        throw error.with(name: node.name)
      }
      release(node)
    }
    return try graph.outputs.map { name throws(CheckpointError) in try value(name) }
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

  private func value(_ name: String) throws(CheckpointError) -> DenseArray {
    guard let value = values[name] else {
      throw CheckpointError(
        .missingOperand, name: name, "the graph uses a value that nothing makes")
    }
    return value
  }

  private mutating func release(_ node: Graph.Node) {
    for case .value(let name) in node.operands {
      usesLeft[name, default: 0] -= 1
      if usesLeft[name] == 0 { values[name] = nil }
    }
  }

  private func operand(_ node: Graph.Node, _ index: Int) throws(CheckpointError) -> DenseArray? {
    guard index < node.operands.count else { return nil }
    switch node.operands[index] {
    case .value(let name): return try value(name)
    case .parameter(let key): return parameters[key]
    case .none: return nil
    }
  }

  private func required(_ node: Graph.Node, _ index: Int) throws(CheckpointError) -> DenseArray {
    guard let array = try operand(node, index) else {
      throw CheckpointError(.missingOperand, "operand \(index) is missing")
    }
    return array
  }

  private mutating func evaluate(_ node: Graph.Node) throws(CheckpointError) -> DenseArray {
    let input = try required(node, 0)
    switch node.operation {
    case .convolution(let attributes):
      return try Convolution(attributes, input, try required(node, 1), try operand(node, 2))
        .output()
    case .batchNorm(let attributes): return try batchNorm(attributes.module, input)
    case .linear: return try linear(input, try required(node, 1), try operand(node, 2))
    case .activation(let function): return input.mapped(function.callAsFunction)
    case .add(let scale): return try input.combined(with: try required(node, 1)) { $0 + scale * $1 }
    case .multiply: return try input.combined(with: try required(node, 1)) { $0 * $1 }
    case .divide: return try input.combined(with: try required(node, 1)) { $0 / $1 }
    case .addScalar(let number): return input.mapped { $0 + number }
    case .multiplyScalar(let number): return input.mapped { $0 * number }
    case .maxPool(let pooling): return try Pool(pooling, input).maximum()
    case .averagePool(let pooling): return try Pool(pooling, input).average()
    case .adaptiveAveragePool(let sizes): return try input.adaptivelyAveraged(to: sizes)
    case .concatenate(let dimension):
      let arrays = try node.operands.indices.map { index throws(CheckpointError) in
        try required(node, index)
      }
      return try DenseArray(concatenating: arrays, along: dimension)
    case .flatten(let start, let end): return try input.flattened(from: start, to: end)
    case .identity: return input
    default:
      throw CheckpointError(
        .unsupportedOperation, "the reference engine cannot run \(node.operation) yet")
    }
  }

  private mutating func batchNorm(
    _ module: String, _ input: DenseArray
  ) throws(CheckpointError) -> DenseArray {
    guard var batchNorm = batchNorms[module], input.shape.count >= 2,
      input.shape[1] == batchNorm.features
    else {
      throw .shape(
        "an input of shape \(input.shape) does not have \(batchNorms[module]?.features ?? 0) "
          + "features")
    }
    let activations = Activations(
      samples: input.shape[0], features: input.shape[1],
      positions: input.shape[2...].reduce(1, *), values: input.values)
    switch mode {
    case .evaluation:
      return try .init(shape: input.shape, values: batchNorm.evaluate(activations).values)
    case .training:
      let output = try batchNorm.train(activations)
      batchNorms[module] = batchNorm
      return try DenseArray(shape: input.shape, values: output.values)
    }
  }
}
