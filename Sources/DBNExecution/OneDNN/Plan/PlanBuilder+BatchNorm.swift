import DBNCOneDNN
import DBNModels
import DBNTensors

extension PlanBuilder {
  /// Adds a BatchNorm, a scale and a shift for each channel, in one pass with its epilogue.
  ///
  /// The arithmetic of an element is the same for a standard BatchNorm and for a row of a
  /// replicated one, in a separate pass and at the end of a convolution: a product and a sum in
  /// float32.
  ///
  /// - Parameter isFresh: whether nothing else uses the input.
  mutating func addBatchNorm(
    _ attributes: Operation.BatchNormAttributes, _ input: PlannedValue, _ epilogue: [Epilogue],
    isFresh: Bool = false
  ) throws(CheckpointError) -> PlannedValue {
    let module = attributes.module
    guard attributes.mode(given: purpose.mode) == .evaluation, attributes.appliesAffine,
      let batchNorm = batchNorms[module], !batchNorm.rows.isEmpty
    else { return try add(epilogue, to: addBatchNormModule(attributes, input)) }
    let positions = try batchNorm.positions(of: input.shape)
    // When nodes are inspected, all BatchNorms process samples one by one, whatever their layout.
    let isUniform = batchNorm.rows.count == 1 && purpose.fuses
    if isUniform, positions == 1, input.shape[0] > 1 {
      return try add(epilogue, to: addBatchNorm(ofRows: input, module))
    }
    let source = input.layout.allowsPostOperations ? input : try plain(input)
    let isOurs = isFresh || source.slot != input.slot || isLastUse(input)
    guard
      let pass = try batchNormPass(
        module, isUniform ? source.shape : [1] + source.shape[1...], source.layout, epilogue)
    else {
      return try add(epilogue, to: addBatchNorm(attributes, input, [], isFresh: isFresh))
    }
    let sum = pass.operations.sum
    let target =
      sum == nil
      ? target(overwriting: source, isOurs: isOurs) : try target(source.layout, sum: sum)
    if isUniform {
      try add(pass, row: 0, source, target, offset: 0)
      return target
    }
    let stride = source.layout.byteCount / source.shape[0]
    for (device, slice) in batchNorm.slices(of: source.shape[0]).enumerated() {
      for sample in slice {
        try add(
          pass, row: batchNorm.rows.count == 1 ? 0 : device, source, target,
          offset: sample * stride)
      }
    }
    return target
  }

  /// Adds a BatchNorm whose channels have one position in each sample: a row of a matrix. The sum is
  /// a kernel of its own, because oneDNN (2.6 and 3.2) adds the shift of the wrong channel to all rows
  /// but the first where it follows the product in one kernel.
  private mutating func addBatchNorm(
    ofRows input: PlannedValue, _ module: String
  ) throws(CheckpointError) -> PlannedValue {
    let rows = try reshaped(input, to: [input.shape[0], input.shape[1]])
    let numbers = try scaleShift(module, row: 0, rows.layout.ofChannels())
    let target = makeValue(rows.layout)
    let steps = [
      (conednn_binary_mul, rows, numbers.scale), (conednn_binary_add, target, numbers.shift),
    ]
    for (algorithm, source, buffer) in steps {
      let kernel = try Kernel.binary(
        algorithm, rows.layout, numbers.layout, target: rows.layout, [], processor)
      guard let kernel else {
        throw CheckpointError(.engineFailed, "oneDNN has no BatchNorm of \(input.shape)")
      }
      try add(
        kernel,
        [
          .init(CONEDNN_ARG_SRC_0, source),
          .init(CONEDNN_ARG_SRC_1, numbers.layout, .constant(buffer)),
          .init(CONEDNN_ARG_DST, target),
        ])
    }
    return try reshaped(target, to: input.shape)
  }

  /// A kernel for a BatchNorm with its epilogue, over the whole batch or one sample.
  private struct BatchNormPass {
    let module: String
    let kernel: Kernel
    let layout: Layout
    /// The post-operations; the first is the shift.
    let operations: PostOperations
  }

  private mutating func batchNormPass(
    _ module: String, _ shape: [Int], _ whole: Layout, _ epilogue: [Epilogue]
  ) throws(CheckpointError) -> BatchNormPass? {
    let layout =
      shape == whole.shape ? whole : try Layout(whole.kind ?? .plain, shape)
    let numbers = try scaleShift(module, row: 0, layout.ofChannels())
    var first = PostOperations()
    first.appendShift(of: numbers)
    guard
      let operations = try postOperations(epilogue, channels: numbers.layout, after: first),
      let kernel = try Kernel.binary(
        conednn_binary_mul, layout, numbers.layout, target: layout, operations.operations,
        processor)
    else { return nil }
    return BatchNormPass(
      module: module, kernel: kernel, layout: layout, operations: operations)
  }

  /// Adds one execution of the kernel.
  private mutating func add(
    _ pass: BatchNormPass, row: Int, _ source: PlannedValue, _ target: PlannedValue, offset: Int
  ) throws(CheckpointError) {
    let numbers = try scaleShift(pass.module, row: row, pass.layout.ofChannels())
    let operands = try pass.operations.arguments(&self)
    try add(
      pass.kernel,
      [
        .init(CONEDNN_ARG_SRC_0, pass.layout, .slot(source.slot, offset: offset)),
        .init(CONEDNN_ARG_SRC_1, numbers.layout, .constant(numbers.scale)),
        .init(CONEDNN_ARG_DST, pass.layout, .slot(target.slot, offset: offset)),
        .init(operands[0].index, numbers.layout, .constant(numbers.shift)),
      ] + operands.dropFirst())
  }

  /// Adds a BatchNorm that its module computes: one that normalises with the batch's statistics, or
  /// whose weight and bias are not the module's.
  mutating func addBatchNormModule(
    _ attributes: Operation.BatchNormAttributes, _ input: PlannedValue
  ) throws(CheckpointError) -> PlannedValue {
    let module = attributes.module
    do throws(CheckpointError) {
      try batchNorms[module]?.requireFiniteParameters()
    } catch {
      throw error.with(name: module)
    }
    let source = try plain(input)
    let target = try makeValue(.plain, input.shape)
    add(
      .batchNorm(attributes, attributes.mode(given: purpose.mode), source: source, target: target))
    return target
  }
}
