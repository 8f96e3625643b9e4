import DBNCOneDNN
import DBNModels
import DBNTensors

extension PlanBuilder {
  /// Adds a convolution with its epilogue; nil if oneDNN has no kernel.
  mutating func addConvolution(
    _ unit: Unit, _ attributes: Operation.Convolution, _ input: PlannedValue, _ shape: [Int]
  ) throws(CheckpointError) -> PlannedValue? {
    guard
      var filters = try ConvolutionFilters(
        unit.primary, attributes, weights, blockSize: Processor.blockSize)
    else { return nil }
    let epilogue = try fold(unit.epilogue, into: &filters)
    if let choice = try choice(filters, input.layout, shape, epilogue) {
      return try add(choice, filters, input, shape)
    }
    guard let choice = try choice(filters, input.layout, shape, [], acceptsSimple: true) else {
      return nil
    }
    return try add(epilogue, to: add(choice, filters, input, shape))
  }

  /// Adds a transposed convolution with its epilogue; nil if oneDNN has no kernel.
  mutating func addTransposedConvolution(
    _ unit: Unit, _ operation: Operation.TransposedConvolution, _ input: PlannedValue,
    _ shape: [Int]
  ) throws(CheckpointError) -> PlannedValue? {
    guard
      let filters = try ConvolutionFilters(
        unit.primary, operation.convolution, isTransposed: true, weights,
        blockSize: Processor.blockSize)
    else { return nil }
    let blocked = Layout.Kind.blocked(Processor.blockSize)
    for kind in [blocked, .any] {
      let kernel = try Kernel.deconvolution(
        filters.attributes, outputPadding: operation.outputPadding,
        source: try Layout(kind, input.shape), weights: try Layout(.any, filters.shape),
        bias: try filters.biasLayout(), target: try Layout(kind, shape), processor)
      guard let kernel, !kernel.isReference else { continue }
      // The epilogue is its own pass, because oneDNN 2.6 computes operations fused into this one by
      // reference loops. That pass has BatchNorm's factors for nothing; folded, they would leave a
      // bias, which oneDNN adds in another slow loop.
      let choice = Choice(kernel: kernel, operations: PostOperations())
      return try add(unit.epilogue, to: add(choice, filters, input, shape))
    }
    return nil
  }

  /// Folds a BatchNorm that follows into the weights, if that is allowed.
  ///
  /// - Returns: what is left of the epilogue.
  private func fold(
    _ epilogue: [Epilogue], into filters: inout ConvolutionFilters
  ) throws(CheckpointError) -> [Epilogue] {
    guard purpose.foldsBatchNorm, case .batchNorm(let attributes)? = epilogue.first,
      let batchNorm = batchNorms[attributes.module]
    else { return epilogue }
    do throws(CheckpointError) {
      try filters.fold(batchNorm)
    } catch {
      throw error.with(name: attributes.module)
    }
    return Array(epilogue.dropFirst())
  }

  /// A kernel and its post-operations.
  private struct Choice {
    let kernel: Kernel
    let operations: PostOperations
  }

  /// The best kernel with the epilogue: one optimised for blocked layouts if there is any, else
  /// the one that oneDNN chooses.
  ///
  /// - Parameter acceptsSimple: whether a slow kernel is better than none.
  private mutating func choice(
    _ filters: ConvolutionFilters, _ input: Layout, _ shape: [Int], _ epilogue: [Epilogue],
    acceptsSimple: Bool = false
  ) throws(CheckpointError) -> Choice? {
    let blocked = Layout.Kind.blocked(Processor.blockSize)
    let source = input.shape[1] < Processor.blockSize ? Layout.Kind.plain : blocked
    let target = try Layout(blocked, shape)
    let channels = try Layout(.plain, shape).ofChannels()
    let candidates = [
      (source, target, try postOperations(epilogue, channels: channels)),
      (source, target, try postOperations(epilogue, channels: channels, addends: target)),
      (.any, try Layout(.any, shape), try postOperations(epilogue, channels: channels)),
    ]
    var simple: Choice?
    for case (let source, let target, let operations?) in candidates {
      let kernel = try Kernel.convolution(
        filters.attributes, source: try Layout(source, input.shape),
        weights: try Layout(.any, filters.shape), bias: try filters.biasLayout(),
        target: target, operations.operations, processor)
      guard let kernel else { continue }
      let choice = Choice(kernel: kernel, operations: operations)
      if !kernel.isSimple { return choice }
      simple = simple ?? choice
    }
    return acceptsSimple ? simple : nil
  }

  private mutating func add(
    _ choice: Choice, _ filters: ConvolutionFilters, _ input: PlannedValue, _ shape: [Int]
  ) throws(CheckpointError) -> PlannedValue {
    let kernel = choice.kernel
    let source = try reordered(input, to: kernel.layout(.source, input.shape))
    let target = try target(kernel.layout(.target, shape), sum: choice.operations.sum)
    let layout = try kernel.layout(.weights, filters.shape)
    var arguments: [Draft.Argument] = [
      .init(CONEDNN_ARG_SRC, source), .init(CONEDNN_ARG_DST, target),
      .init(CONEDNN_ARG_WEIGHTS, layout, .constant(try filters.weights(as: layout, weights))),
    ]
    if let bias = try filters.biasLayout() {
      arguments.append(.init(CONEDNN_ARG_BIAS, bias, .constant(try filters.bias(weights))))
    }
    try add(kernel, arguments + choice.operations.arguments(&self))
    return target
  }
}
