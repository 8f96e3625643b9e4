import DBNModels
import DBNTensors

/// A forward pass of the reference engine.
struct ReferencePass: ForwardPass {
  private let graph: Graph
  private let parameters: [String: DenseArray]
  /// The mode of all BatchNorms; nil if each runs in its own.
  private let mode: ExecutionMode?
  private let threads: Int?
  private(set) var batchNorms: [String: BatchNormModule]
  private var values: LiveValues<DenseArray>
  /// The index of the next node.
  private var nodeIndex = 0

  init(
    _ graph: Graph, _ parameters: [String: DenseArray], _ batchNorms: [String: BatchNormModule],
    _ inputs: [String: DenseArray], _ mode: ExecutionMode?, threads: Int?
  ) throws(CheckpointError) {
    let sized = try graph.sized(
      for: inputs.mapValues(\.shape), parameters: parameters.mapValues(\.shape),
      features: batchNorms.mapValues(\.features))
    self.graph = sized.graph
    self.parameters = parameters
    self.batchNorms = batchNorms
    self.mode = mode
    self.threads = threads
    values = LiveValues(graph)
    for input in graph.inputs {
      if let value = inputs[input.name] { values.set(input.name, to: value) }
    }
  }

  mutating func next() throws(CheckpointError) -> Layer? {
    guard nodeIndex < graph.nodes.count else { return nil }
    let node = graph.nodes[nodeIndex]
    nodeIndex += 1
    do throws(CheckpointError) {
      let outputs = try Concurrency.limited(to: threads) { () throws(CheckpointError) in
        try evaluate(node)
      }
      let layer = Layer(node: node, outputs: outputs)
      for (name, output) in zip(node.outputs, layer.outputs) { values.set(name, to: output) }
      values.release(node)
      return layer
    } catch {
      throw error.with(name: node.name)
    }
  }

  func outputs() throws(CheckpointError) -> [DenseArray] {
    try graph.outputs.map { name throws(CheckpointError) in try values.value(name) }
  }

  private mutating func evaluate(_ node: Graph.Node) throws(CheckpointError) -> [DenseArray] {
    let operands = try node.operands.map { operand throws(CheckpointError) in try value(operand) }
    guard let attributes = node.operation.batchNorm, case let input?? = operands.first else {
      return try node.operation.outputs(of: operands)
    }
    return [try batchNorm(attributes, input)]
  }

  private func value(_ operand: Graph.Operand) throws(CheckpointError) -> DenseArray? {
    switch operand {
    case .value(let name): try values.value(name)
    case .parameter(let key): parameters[key]
    case .none: nil
    }
  }

  private mutating func batchNorm(
    _ attributes: Operation.BatchNormAttributes, _ input: DenseArray
  ) throws(CheckpointError) -> DenseArray {
    guard var batchNorm = batchNorms[attributes.module] else {
      throw CheckpointError(.missingOperand, "there is no BatchNorm '\(attributes.module)'")
    }
    let mode = attributes.mode(given: mode)
    let output = try batchNorm.run(as: attributes) { module throws(CheckpointError) in
      switch mode {
      case .evaluation: try module.evaluate(input)
      case .training: try module.train(input)
      }
    }
    batchNorms[attributes.module] = batchNorm
    return output
  }
}
