import DBNTensors

/// The patches of an image, whose elements are columns of a matrix.
struct Columns {
  private let windows: [Window]
  /// The height and width of the image.
  private let image: [Int]
  /// The number of patches along both.
  private let counts: [Int]

  /// - Throws: `shapeMismatch`.
  init(_ patches: Operation.Patches, on image: [Int]) throws(CheckpointError) {
    windows = try patches.windows(on: image)
    counts = try patches.counts(on: image)
    self.image = image
  }

  private var columnCount: Int { counts[0] * counts[1] }
  private var rowCount: Int { windows[0].kernel * windows[1].kernel }

  func columns(of array: DenseArray, to shape: [Int]) throws(CheckpointError) -> DenseArray {
    try perChannel(array, to: shape, isToImage: false) { input, output in
      forEachPixel { column, pixel in output[column] = input[pixel] }
    }
  }

  func image(of array: DenseArray, to shape: [Int]) throws(CheckpointError) -> DenseArray {
    try perChannel(array, to: shape, isToImage: true) { input, output in
      forEachPixel { column, pixel in output[pixel] += input[column] }
    }
  }

  /// Calls a closure with the elements of each channel, before and after.
  private func perChannel(
    _ array: DenseArray, to shape: [Int], isToImage: Bool,
    _ body: @Sendable (UnsafePointer<Double>, UnsafeMutablePointer<Double>) -> Void
  ) throws(CheckpointError) -> DenseArray {
    if shape.contains(0) { return DenseArray(repeating: 0, shape) }
    let (pixels, elements) = (image[0] * image[1], rowCount * columnCount)
    let (count, newCount) = isToImage ? (elements, pixels) : (pixels, elements)
    return try DenseArray(shape: shape) { output throws(CheckpointError) in
      try concurrentForEach(output.count / newCount) { channel in
        array.values.withUnsafeBufferPointer { input in
          guard let input = input.baseAddress, let output = output.start else { return }
          body(input + channel * count, output + channel * newCount)
        }
      }
    }
  }

  /// Calls a closure with the index of each element of the columns and of its pixel, unless that is
  /// in the padding.
  @inline(__always)
  private func forEachPixel(_ body: (_ column: Int, _ pixel: Int) -> Void) {
    var start = 0
    for tapY in 0..<windows[0].kernel {
      for tapX in 0..<windows[1].kernel {
        for indexY in 0..<counts[0] {
          let y = windows[0].coordinate(of: tapY, at: indexY)
          guard 0..<image[0] ~= y else { continue }
          for indexX in 0..<counts[1] {
            let x = windows[1].coordinate(of: tapX, at: indexX)
            if 0..<image[1] ~= x { body(start + indexY * counts[1] + indexX, y * image[1] + x) }
          }
        }
        start += columnCount
      }
    }
  }
}
