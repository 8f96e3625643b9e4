import DBNTensors

extension DenseArray {
  /// A number for each line of the array: the elements that differ only in some dimensions.
  ///
  /// - Parameters:
  ///   - shape: the result's shape, with or without those dimensions.
  ///   - function: the number of a line; called on all cores.
  func reduced(
    over dimensions: [Int], to shape: [Int],
    _ function: @Sendable (UnsafeBufferPointer<Double>) -> Double
  ) throws(CheckpointError) -> DenseArray {
    let lines = lines(over: dimensions)
    let (count, size) = (shape.reduce(1, *), dimensions.reduce(1) { $0 * self.shape[$1] })
    // Enough lines for a task to be worth a thread.
    let step = Swift.max(1, (1 << 14) / Swift.max(size, 1))
    return try DenseArray(shape: shape) { output throws(CheckpointError) in
      try concurrentForEach((count + step - 1) / step) { block in
        lines.values.withUnsafeBufferPointer { values in
          for line in block * step..<Swift.min(count, (block + 1) * step) {
            output[line] = function(
              UnsafeBufferPointer(rebasing: values[line * size..<(line + 1) * size]))
          }
        }
      }
    }
  }

  /// The array with the dimensions last, so that each line is contiguous.
  private func lines(over dimensions: [Int]) -> DenseArray {
    let kept = shape.indices.filter { !dimensions.contains($0) }
    let order = kept + dimensions.sorted()
    if order == Array(shape.indices) { return self }
    let strides = self.shape.strides
    return part(order.map { shape[$0] }, order.map { strides[$0] }, from: 0)
  }

  /// The indices along a dimension that a function makes of each line's elements; as many as the
  /// size in the result's shape.
  func indices(
    along dimension: Int, to shape: [Int], _ function: (UnsafeBufferPointer<Double>) -> [Int]
  ) -> DenseArray {
    let (size, count) = (self.shape[dimension], shape[dimension])
    let inner = shape.dropFirst(dimension + 1).reduce(1, *)
    let lines = lines(over: [dimension]).values
    var result = DenseArray(repeating: 0, shape)
    guard size > 0 else { return result }
    lines.withUnsafeBufferPointer { values in
      for line in 0..<values.count / size {
        let found = function(
          UnsafeBufferPointer(rebasing: values[line * size..<(line + 1) * size]))
        let start = line / inner * inner * count + line % inner
        for (place, index) in found.enumerated() {
          result.values[start + place * inner] = Double(index)
        }
      }
    }
    return result
  }
}
