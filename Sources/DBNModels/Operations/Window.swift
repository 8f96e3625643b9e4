package import DBNTensors

/// A window that moves along one axis.
package struct Window: Sendable {
  package let kernel: Int
  package let stride: Int
  package let padding: Int
  package let dilation: Int
  package let usesCeiling: Bool

  package init(_ convolution: Operation.Convolution, kernel: Int, axis: Int) {
    self.kernel = kernel
    stride = convolution.stride[axis]
    padding = convolution.padding[axis]
    dilation = convolution.dilation[axis]
    usesCeiling = false
  }

  package init(_ pooling: Operation.Pooling, axis: Int) {
    kernel = pooling.kernel[axis]
    stride = pooling.stride[axis]
    padding = pooling.padding[axis]
    dilation = pooling.dilation[axis]
    usesCeiling = pooling.usesCeiling
  }

  package init(_ patches: Operation.Patches, axis: Int) {
    kernel = patches.kernel[axis]
    stride = patches.stride[axis]
    padding = patches.padding[axis]
    dilation = patches.dilation[axis]
    usesCeiling = false
  }

  /// The largest number in a window, so that sums and products of them don't overflow.
  private static let limit = 1 << 28

  /// The number of positions of the window on an input of a size.
  ///
  /// Source: `pooling_output_shape` of `aten/src/ATen/native/Pool.h`.
  package func outputSize(of size: Int) throws(CheckpointError) -> Int {
    try check(size)
    let room = size + 2 * padding - reach + (usesCeiling ? stride - 1 : 0)
    // The last window must start inside the input or the padding before it.
    let places = room < 0 ? 0 : room / stride + 1
    let isBeyond = usesCeiling && (places - 1) * stride >= size + padding
    guard places > 0 else {
      throw .shape(
        "a window of \(reach) does not fit into an input of \(size) padded by \(padding)")
    }
    return isBeyond ? places - 1 : places
  }

  private func check(_ size: Int) throws(CheckpointError) {
    let numbers = [kernel, stride, padding, dilation, size]
    guard kernel > 0, stride > 0, padding >= 0, dilation > 0,
      numbers.allSatisfy({ $0 <= Self.limit })
    else { throw .shape("a window cannot have \(description)") }
  }

  /// The size of the input on which the window has so many positions: the output of a transposed
  /// convolution.
  ///
  /// Source: `torch.nn.ConvTranspose2d`.
  func inputSize(of positions: Int, outputPadding: Int) throws(CheckpointError) -> Int {
    try check(positions)
    guard outputPadding >= 0, outputPadding < max(stride, dilation) else {
      throw .shape(
        "an output padding of \(outputPadding) is not below the stride \(stride) or the dilation "
          + "\(dilation)")
    }
    let size = (positions - 1) * stride - 2 * padding + reach + outputPadding
    guard positions > 0, size > 0 else {
      throw .shape("\(positions) windows with \(description) cover an input of \(size)")
    }
    return size
  }

  /// The extent of the window, from its first element to its last.
  package var reach: Int { dilation * (kernel - 1) + 1 }

  private var description: String {
    "kernel \(kernel), stride \(stride), padding \(padding), dilation \(dilation)"
  }

  /// The index of the input under an element of the window at an index of the output; it is outside
  /// the input if it is in the padding.
  func coordinate(of element: Int, at index: Int) -> Int {
    index * stride - padding + element * dilation
  }

  /// The indices of the input under the window at an index of the output: the first, and their
  /// number, `dilation` apart. They are not listed, because a graph can ask for a kernel of any
  /// size.
  package func places(at index: Int, of size: Int) -> (first: Int, count: Int) {
    let start = index * stride - padding
    let skipped = start < 0 ? (dilation - 1 - start) / dilation : 0
    let first = start + skipped * dilation
    guard first < size else { return (0, 0) }
    return (first, max(0, min(kernel - skipped, (size - 1 - first) / dilation + 1)))
  }

  /// The divisor of an average that includes the padding: the window's size, clipped at the end of
  /// the padded input.
  package func paddedCount(at index: Int, of size: Int) -> Int {
    let start = index * stride - padding
    return min(start + kernel, size + padding) - start
  }
}
