import Models
import Tensors

/// Pooling over windows of 1, 2 or 3 spatial dimensions.
struct Pool {
  private let pooling: Operation.Pooling
  private let input: DenseArray
  private let windows: [Window]
  private let outputSpatial: [Int]

  init(_ pooling: Operation.Pooling, _ input: DenseArray) throws(CheckpointError) {
    let rank = pooling.kernel.count
    guard input.shape.count == rank + 2, rank > 0,
      [pooling.stride, pooling.padding, pooling.dilation].allSatisfy({ $0.count == rank })
    else { throw .shape("an input \(input.shape) cannot be pooled over \(pooling.kernel)") }
    self.pooling = pooling
    self.input = input
    let windows = (0..<rank).map { Window(pooling, $0) }
    self.windows = windows
    outputSpatial = try (0..<rank).map { axis throws(CheckpointError) in
      try windows[axis].outputSize(of: input.shape[2 + axis])
    }
  }

  func maximum() throws(CheckpointError) -> DenseArray {
    try pooled { values, _ in
      // A NaN wins, as in PyTorch.
      values.reduce(-.infinity) { $0.isNaN || $1.isNaN ? .nan : max($0, $1) }
    }
  }

  func average() throws(CheckpointError) -> DenseArray {
    try pooled { values, paddedCount in
      values.reduce(0, +) / Double(pooling.countsPadding ? paddedCount : values.count)
    }
  }

  private func pooled(
    _ reduce: @Sendable ([Double], _ paddedCount: Int) -> Double
  ) throws(CheckpointError) -> DenseArray {
    let spatial = Array(input.shape[2...])
    let (size, positions) = (spatial.reduce(1, *), outputSpatial.reduce(1, *))
    let under = underWindows(spatial)
    return try DenseArray(shape: Array(input.shape[..<2]) + outputSpatial) {
      output throws(CheckpointError) in
      try concurrentForEach(input.shape[0] * input.shape[1]) { plane in
        for (position, window) in under.enumerated() {
          let values = window.places.map { input.values[plane * size + $0] }
          output[plane * positions + position] = reduce(values, window.paddedCount)
        }
      }
    }
  }

  /// For each output position: the places of a plane under its window.
  private func underWindows(_ spatial: [Int]) -> [(places: [Int], paddedCount: Int)] {
    (0..<outputSpatial.reduce(1, *)).map { position in
      var rest = position
      var places = [0]
      var paddedCount = 1
      var stride = 1
      for axis in spatial.indices.reversed() {
        let index = rest % outputSpatial[axis]
        rest /= outputSpatial[axis]
        let along = windows[axis].places(at: index, of: spatial[axis])
        places = along.flatMap { place in places.map { place * stride + $0 } }
        paddedCount *= windows[axis].paddedCount(at: index, of: spatial[axis])
        stride *= spatial[axis]
      }
      return (places, paddedCount)
    }
  }
}

extension DenseArray {
  /// The mean over nearly equal parts of each spatial axis, as `adaptive_avg_pool2d`.
  func adaptivelyAveraged(to sizes: [Int]) throws(CheckpointError) -> DenseArray {
    guard shape.count == sizes.count + 2, sizes.allSatisfy({ $0 > 0 }) else {
      throw .shape("an input \(shape) cannot be averaged to \(sizes)")
    }
    var result = self
    for axis in sizes.indices { result = try result.averagedAlong(2 + axis, to: sizes[axis]) }
    return result
  }

  private func averagedAlong(_ axis: Int, to count: Int) throws(CheckpointError) -> DenseArray {
    let size = shape[axis]
    let inner = shape[(axis + 1)...].reduce(1, *)
    let outer = shape[..<axis].reduce(1, *)
    var outputShape = shape
    outputShape[axis] = count
    var values: [Double] = []
    values.reserveCapacity(outer * count * inner)
    for plane in 0..<outer {
      for index in 0..<count {
        let part = index * size / count..<((index + 1) * size + count - 1) / count
        for column in 0..<inner {
          let sum = part.reduce(0.0) { $0 + self.values[(plane * size + $1) * inner + column] }
          values.append(sum / Double(part.count))
        }
      }
    }
    return try DenseArray(shape: outputShape, values: values)
  }
}
