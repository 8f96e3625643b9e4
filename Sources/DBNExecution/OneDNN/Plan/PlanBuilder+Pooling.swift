import DBNCOneDNN
import DBNModels
import DBNTensors

/// All of these return nil if oneDNN has no such pooling.
extension PlanBuilder {
  mutating func addPool(
    _ algorithm: conednn_alg_kind_t, _ pooling: Operation.Pooling, _ input: PlannedValue,
    _ shape: [Int]
  ) throws(CheckpointError) -> PlannedValue? {
    guard input.shape.count == pooling.kernel.count + 2 else { return nil }
    let after = paddingAfter(pooling, input.shape, shape)
    let blocked = Layout.Kind.blocked(Processor.blockSize)
    var layouts = [input.layout]
    if input.shape[1] >= Processor.blockSize { layouts.append(try Layout(blocked, input.shape)) }
    var found: (kernel: Kernel, source: Layout)?
    for source in layouts {
      let kernel = try Kernel.pooling(
        algorithm, pooling, paddingAfter: after, source: source,
        target: try Layout(.any, shape), processor)
      guard let kernel else { continue }
      if found == nil || !kernel.isSimple { found = (kernel, source) }
      if !kernel.isSimple { break }
    }
    guard let found else { return nil }
    let source = try reordered(input, to: found.source)
    let target = makeValue(try found.kernel.layout(.target, shape))
    try add(found.kernel, [.init(CONEDNN_ARG_SRC, source), .init(CONEDNN_ARG_DST, target)])
    return target
  }

  /// How far the last window extends beyond the input, along each axis.
  private func paddingAfter(
    _ pooling: Operation.Pooling, _ input: [Int], _ output: [Int]
  ) -> [Int] {
    pooling.kernel.indices.map { axis in
      guard pooling.usesCeiling else { return pooling.padding[axis] }
      let reach = pooling.dilation[axis] * (pooling.kernel[axis] - 1) + 1
      let end = (output[2 + axis] - 1) * pooling.stride[axis] + reach - pooling.padding[axis]
      return end - input[2 + axis]
    }
  }

  mutating func addAveragePool(
    _ pooling: Operation.Pooling, _ input: PlannedValue, _ shape: [Int]
  ) throws(CheckpointError) -> PlannedValue? {
    // oneDNN divides by the whole window even if it extends beyond the padding.
    let isCut = zip(paddingAfter(pooling, input.shape, shape), pooling.padding).contains {
      $0 > $1
    }
    guard pooling.divisor == nil, !(pooling.countsPadding && isCut) else { return nil }
    let algorithm =
      pooling.countsPadding
      ? conednn_pooling_avg_include_padding : conednn_pooling_avg_exclude_padding
    return try addPool(algorithm, pooling, input, shape)
  }

  /// If the sizes divide the input's, adds a pooling with adjacent windows.
  mutating func addAdaptivePool(
    _ sizes: [Int], _ input: PlannedValue, _ shape: [Int]
  ) throws(CheckpointError) -> PlannedValue? {
    let spatial = input.shape.suffix(sizes.count)
    guard zip(spatial, sizes).allSatisfy({ $0 % $1 == 0 }) else { return nil }
    let kernel = zip(spatial, sizes).map { $0 / $1 }
    let pooling = Operation.Pooling(
      kernel: kernel, stride: kernel, padding: kernel.map { _ in 0 })
    return try addAveragePool(pooling, input, shape)
  }

  /// Adds the mean over all spatial dimensions.
  mutating func addMean(
    _ dimensions: [Int], _ input: PlannedValue, _ shape: [Int]
  ) throws(CheckpointError) -> PlannedValue? {
    let rank = input.shape.count
    guard (3...5).contains(rank), dimensions.sorted() == Array(2..<rank) else { return nil }
    let pooled = input.shape.prefix(2) + input.shape.dropFirst(2).map { _ in 1 }
    guard
      let value = try addAdaptivePool(
        Array(repeating: 1, count: rank - 2), input, Array(pooled))
    else { return nil }
    return try reshaped(value, to: shape)
  }
}
