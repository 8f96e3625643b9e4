import DBNCOneDNN
import DBNModels
import DBNTensors

/// A graph prepared for inputs of known shapes: kernels chosen, weights reordered, memory laid
/// out.
///
/// `@unchecked Sendable`: it is used by one pass at a time, which takes it from the executor's
/// `PlanCache` and puts it back when it is done.
final class Plan: @unchecked Sendable {
  /// The steps of one unit of the graph.
  struct Stage {
    let node: Graph.Node
    let steps: Range<Int>
    /// The node's outputs in plain layout, if they will be inspected.
    let results: [PlannedValue]
    /// Whether it is run in the first pass alone, because its outputs do not depend on inputs.
    let isConstant: Bool
  }

  private enum Step {
    case kernel(BoundKernel)
    case reference(Operation, [Draft.ReferenceOperand], targets: [PlannedValue])
    case fill(PlannedValue, Float)
    case batchNorm(
      Operation.BatchNormAttributes, ExecutionMode, source: PlannedValue, target: PlannedValue)

    /// - Parameter offsets: the offset of each slot in the memory.
    init(
      _ draft: Draft, _ processor: Processor, _ memory: Buffer, _ offsets: [Int]
    ) throws(CheckpointError) {
      switch draft {
      case .kernel(let kernel, let arguments):
        let bound = try arguments.map { argument throws(CheckpointError) in
          let bytes =
            switch argument.place {
            case .slot(let slot, let offset):
              memory.bytes.baseAddress.map { $0 + offsets[slot] + offset }
            case .constant(let buffer): buffer.bytes.baseAddress
            }
          return (argument.index, try Memory(argument.layout, bytes, processor))
        }
        self = .kernel(BoundKernel(kernel, bound))
      case .reference(let operation, let operands, let targets):
        self = .reference(operation, operands, targets: targets)
      case .fill(let target, let number): self = .fill(target, number)
      case .batchNorm(let attributes, let mode, let source, let target):
        self = .batchNorm(attributes, mode, source: source, target: target)
      }
    }
  }

  let stages: [Stage]
  private let steps: [Step]
  /// The steps that bring the outputs into plain layout.
  private let last: Range<Int>
  private let inputs: [(name: String, value: PlannedValue)]
  private let outputs: [PlannedValue]
  /// The offset of each slot in the shared memory.
  private let offsets: [Int]
  private let memory: Buffer
  private let constants: [Buffer]
  private let stream: Stream
  /// Whether the outputs of the constant stages are in the memory.
  private var hasConstants = false

  init(
    _ weights: WeightStore, _ drafts: [Draft], _ slots: Slots,
    inputs: [(name: String, value: PlannedValue)], stages: [Stage], last: Range<Int>,
    outputs: [PlannedValue]
  ) throws(CheckpointError) {
    let (offsets, byteCount) = slots.layOut()
    let memory = Buffer(byteCount: byteCount)
    steps = try drafts.map { draft throws(CheckpointError) in
      try Step(draft, weights.processor, memory, offsets)
    }
    constants = drafts.flatMap(\.constants)
    self.offsets = offsets
    self.memory = memory
    self.inputs = inputs
    self.stages = stages
    self.last = last
    self.outputs = outputs
    stream = try Stream(weights.processor)
  }

  /// Copies the inputs into their slots.
  func load(_ inputs: [String: DenseArray]) {
    for (name, value) in self.inputs {
      if let array = inputs[name] { write(array.values, to: value) }
    }
  }

  /// Runs a stage, and in training updates the running statistics of its BatchNorms.
  func run(
    _ stage: Stage, _ batchNorms: inout [String: BatchNormModule]
  ) throws(CheckpointError) {
    if stage.isConstant, hasConstants { return }
    do throws(CheckpointError) {
      for step in stage.steps { try run(steps[step], &batchNorms) }
    } catch {
      throw error.with(name: stage.node.name)
    }
  }

  /// The results of a stage, one array for each output.
  func results(of stage: Stage) throws(CheckpointError) -> [DenseArray] {
    try stream.wait()
    return try stage.results.map { value throws(CheckpointError) in try read(value) }
  }

  /// The graph's outputs, once all stages have run.
  func readOutputs() throws(CheckpointError) -> [DenseArray] {
    for step in last {
      if case .kernel(let kernel) = steps[step] { try kernel.run(on: stream) }
    }
    try stream.wait()
    hasConstants = true
    return try outputs.map { value throws(CheckpointError) in try read(value) }
  }

  private func run(
    _ step: Step, _ batchNorms: inout [String: BatchNormModule]
  ) throws(CheckpointError) {
    switch step {
    case .kernel(let kernel): try kernel.run(on: stream)
    case .reference(let operation, let operands, let targets):
      try stream.wait()
      let arrays = try operands.map { operand throws(CheckpointError) -> DenseArray? in
        switch operand {
        case .value(let value): try read(value)
        case .parameter(let array): array
        case .none: nil
        }
      }
      let results = try operation.outputs(of: arrays)
      for (result, target) in zip(results, targets) { write(result.values, to: target) }
    case .fill(let target, let number):
      try stream.wait()
      floats(target).update(repeating: number)
    case .batchNorm(let attributes, let mode, let source, let target):
      try stream.wait()
      guard var batchNorm = batchNorms[attributes.module] else {
        throw CheckpointError(.missingOperand, "there is no BatchNorm '\(attributes.module)'")
      }
      try batchNorm.run(as: attributes) { module throws(CheckpointError) in
        let input = UnsafeBufferPointer(floats(source)).span
        var output = floats(target).mutableSpan
        switch mode {
        case .evaluation: try module.evaluate(input, shape: source.shape, into: &output)
        case .training: try module.train(input, shape: source.shape, into: &output)
        }
      }
      batchNorms[attributes.module] = batchNorm
    }
  }

  // MARK: Numbers of plain values

  private func floats(_ value: PlannedValue) -> UnsafeMutableBufferPointer<Float> {
    let start = offsets[value.slot]
    let bytes = UnsafeMutableRawBufferPointer(rebasing: memory.bytes[start...])
    return UnsafeMutableRawBufferPointer(
      rebasing: bytes[..<(value.shape.reduce(1, *) * MemoryLayout<Float>.size)]
    ).assumingMemoryBound(to: Float.self)
  }

  private func write(_ values: [Double], to value: PlannedValue) {
    let floats = floats(value)
    values.withUnsafeBufferPointer { values in
      for index in values.indices { floats[index] = Float(values[index]) }
    }
  }

  private func read(_ value: PlannedValue) throws(CheckpointError) -> DenseArray {
    let floats = floats(value)
    let values = [Double](unsafeUninitializedCapacity: floats.count) { buffer, count in
      for index in floats.indices { buffer[index] = Double(floats[index]) }
      count = floats.count
    }
    return try DenseArray(shape: value.shape, values: values)
  }

  /// The kernels in order, by oneDNN's names; `reference` if oneDNN has none.
  var kernels: [(operation: String, implementation: String)] {
    steps.map {
      switch $0 {
      case .kernel(let bound): (bound.kernel.operation, bound.kernel.implementation)
      case .reference(let operation, _, _): ("reference", "\(operation)")
      case .fill: ("fill", "")
      case .batchNorm(let attributes, _, _, _): ("batch_norm", attributes.module)
      }
    }
  }
}
