import Models
import Tensors

/// A window that moves along one axis.
struct Window {
  let kernel: Int
  let stride: Int
  let padding: Int
  let dilation: Int
  var usesCeiling = false

  init(_ convolution: Operation.Convolution, kernel: [Int], _ axis: Int) {
    self.kernel = kernel[axis]
    stride = convolution.stride[axis]
    padding = convolution.padding[axis]
    dilation = convolution.dilation[axis]
  }

  init(_ pooling: Operation.Pooling, _ axis: Int) {
    kernel = pooling.kernel[axis]
    stride = pooling.stride[axis]
    padding = pooling.padding[axis]
    dilation = pooling.dilation[axis]
    usesCeiling = pooling.usesCeiling
  }

  private var reach: Int { dilation * (kernel - 1) + 1 }

  /// How many places the window has on an input of a size.
  ///
  /// Source: `pooling_output_shape` of `aten/src/ATen/native/Pool.h`.
  func outputSize(of size: Int) throws(CheckpointError) -> Int {
    guard kernel > 0, stride > 0, padding >= 0, dilation > 0, size + 2 * padding >= reach else {
      throw .shape("a window of \(reach) does not fit an input of \(size), padded by \(padding)")
    }
    let room = size + 2 * padding - reach
    guard usesCeiling else { return room / stride + 1 }
    let places = (room + stride - 1) / stride + 1
    // The last window must begin inside the input or the padding before it.
    return (places - 1) * stride >= size + padding ? places - 1 : places
  }

  /// The places of the input under the window at a place of the output.
  func places(at index: Int, of size: Int) -> [Int] {
    (0..<kernel).map { index * stride - padding + $0 * dilation }.filter { 0..<size ~= $0 }
  }

  /// How many places an average divides by where padding counts: the window's, cut at the padded
  /// input's end.
  func paddedCount(at index: Int, of size: Int) -> Int {
    let start = index * stride - padding
    return min(start + kernel, size + padding) - start
  }
}
