import DBNTensors

/// A transposed convolution of 1, 2 or 3 spatial dimensions.
///
/// With a stride of S, every S-th element of the output is made by the same part of the filters: so
/// there are S convolutions of stride 1 along each axis, with filters in reversed order, whose
/// outputs alternate.
struct TransposedConvolutionKernel {
  private let attributes: Operation.Convolution
  private let input: DenseArray
  /// [C, K / groups, ...]
  private let weight: DenseArray
  private let bias: DenseArray?
  private let outputShape: [Int]

  init(
    _ attributes: Operation.Convolution, _ input: DenseArray, _ weight: DenseArray,
    _ bias: DenseArray?, to outputShape: [Int]
  ) {
    self.attributes = attributes
    self.input = input
    self.weight = weight
    self.bias = bias
    self.outputShape = outputShape
  }

  func output() throws(CheckpointError) -> DenseArray {
    var output = DenseArray(repeating: 0, outputShape)
    if let bias {
      let channels = outputShape.indices.map { $0 == 1 ? 1 : 0 }
      output = bias.part(outputShape, channels, from: 0)
    }
    if outputShape.contains(0) || input.shape.contains(0) { return output }
    let axes = attributes.stride.indices.map { phases(axis: $0) }
    let counts = axes.map(\.count)
    for index in 0..<counts.reduce(1, *) {
      let coordinates = zip(counts, counts.strides).map { index / $1 % $0 }
      try add(zip(axes, coordinates).map { $0[$1] }, to: &output)
    }
    return output
  }

  /// The part of the filters along one axis that makes every `stride`-th element of the output.
  private struct Phase {
    /// The first of these elements, and how many there are.
    let start: Int
    let count: Int
    /// The first element of the filter, the distance to the next, and their number.
    let tap: Int
    let step: Int
    let taps: Int
    /// The distance of the elements of the input that they are multiplied with.
    let dilation: Int
    /// The index of the input's element that the last one is multiplied with, for the first output.
    let first: Int
  }

  /// The phases along an axis that any element of the filters belongs to.
  private func phases(axis: Int) -> [Phase] {
    let (stride, dilation) = (attributes.stride[axis], attributes.dilation[axis])
    let (kernel, size) = (weight.shape[2 + axis], outputShape[2 + axis])
    let divisor = greatestCommonDivisor(stride, dilation)
    let step = stride / divisor
    return (0..<min(step, kernel)).compactMap { tap in
      let distance = tap * dilation - attributes.padding[axis]
      // Where the first window is at or after the output's start.
      let skipped = distance < 0 ? (stride - 1 - distance) / stride : -(distance / stride)
      let (start, taps) = (distance + skipped * stride, (kernel - 1 - tap) / step + 1)
      guard start < size else { return nil }
      return Phase(
        start: start, count: (size - 1 - start) / stride + 1, tap: tap, step: step, taps: taps,
        dilation: dilation / divisor, first: skipped - (taps - 1) * (dilation / divisor))
    }
  }

  private func add(_ phases: [Phase], to output: inout DenseArray) throws(CheckpointError) {
    let convolution = Operation.Convolution(
      stride: phases.map { _ in 1 }, padding: phases.map { -$0.first },
      dilation: phases.map(\.dilation), groups: attributes.groups)
    let kernel = ConvolutionKernel(
      convolution, input, filters(phases), bias, to: outputShape[..<2] + phases.map(\.count))
    let strides = outputShape.strides
    let spatial = zip(strides[2...], attributes.stride).map(*)
    let start = zip(strides[2...], phases).reduce(0) { $0 + $1.0 * $1.1.start }
    output.replace(try kernel.output(), strides[..<2] + spatial, from: start)
  }

  /// The phases' part of the weight, in reversed order: [K, C / groups, ...].
  private func filters(_ phases: [Phase]) -> DenseArray {
    let (shape, strides) = (weight.shape, weight.shape.strides)
    let channels = shape[0] / attributes.groups
    let spatial = zip(strides[2...], phases).map { -$0 * $1.step }
    let last = zip(strides[2...], phases).reduce(0) {
      $0 + $1.0 * ($1.1.tap + ($1.1.taps - 1) * $1.1.step)
    }
    let taps = phases.map(\.taps)
    return
      weight.part(
        [attributes.groups, shape[1], channels] + taps,
        [channels * strides[0], strides[1], strides[0]] + spatial, from: last
      )
      .reshaped(to: [attributes.groups * shape[1], channels] + taps)
  }
}

private func greatestCommonDivisor(_ left: Int, _ right: Int) -> Int {
  var (left, right) = (left, right)
  while right != 0 { (left, right) = (right, left % right) }
  return left
}
