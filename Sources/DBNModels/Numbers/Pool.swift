import DBNTensors

/// Pooling over windows in the last 1, 2 or 3 dimensions, separately for each index of the others.
struct Pool {
  /// The elements under a window along one axis.
  struct Run {
    let start: Int
    let count: Int
    let step: Int
    /// The divisor of an average that includes the padding.
    let paddedCount: Int
  }

  private let input: DenseArray
  private let rank: Int
  private let outputShape: [Int]
  /// The windows at each position of the output, for depth, height and width; leading dimensions
  /// that are missing have one position.
  private let runs: [[Run]]
  private let spatial: [Int]

  init(_ pooling: Operation.Pooling, _ input: DenseArray, to outputShape: [Int]) {
    let rank = pooling.kernel.count
    self.init(input, rank: rank, to: outputShape) { axis, index, size in
      let window = Window(pooling, axis: axis)
      let places = window.places(at: index, of: size)
      return Run(
        start: places.first, count: places.count, step: window.dilation,
        paddedCount: window.paddedCount(at: index, of: size))
    }
  }

  /// Makes windows of nearly equal size, as in `adaptive_avg_pool2d`.
  init(adaptive input: DenseArray, rank: Int, to outputShape: [Int]) {
    let sizes = outputShape.suffix(rank)
    self.init(input, rank: rank, to: outputShape) { axis, index, size in
      let count = sizes[sizes.startIndex + axis]
      let (start, end) = (index * size / count, ((index + 1) * size + count - 1) / count)
      return Run(start: start, count: end - start, step: 1, paddedCount: end - start)
    }
  }

  private init(
    _ input: DenseArray, rank: Int, to outputShape: [Int],
    run: (_ axis: Int, _ index: Int, _ size: Int) -> Run
  ) {
    self.input = input
    self.rank = rank
    self.outputShape = outputShape
    let sizes = [Int](input.shape.suffix(rank))
    let counts = [Int](outputShape.suffix(rank))
    let missing = 3 - rank
    spatial = [Int](repeating: 1, count: missing) + sizes
    runs =
      Array(repeating: [Run(start: 0, count: 1, step: 1, paddedCount: 1)], count: missing)
      + (0..<rank).map { axis in (0..<counts[axis]).map { run(axis, $0, sizes[axis]) } }
  }

  func maximum() throws(CheckpointError) -> DenseArray {
    try pooled { plane, depth, height, width, row, size in
      Self.largest(plane, depth, height, width, row, size).value
    }
  }

  /// The index of the largest element in its plane, for each window.
  func maximumIndices() throws(CheckpointError) -> DenseArray {
    try pooled { plane, depth, height, width, row, size in
      Double(Self.largest(plane, depth, height, width, row, size).index)
    }
  }

  private static func largest(
    _ plane: UnsafePointer<Double>, _ depth: Run, _ height: Run, _ width: Run, _ row: Int,
    _ slice: Int
  ) -> (value: Double, index: Int) {
    var largest = -Double.infinity
    var place = plane + depth.start * slice + height.start * row + width.start
    forEach(plane, depth, height, width, row, slice) {
      // NaN propagates, as in PyTorch.
      if $0.pointee > largest || $0.pointee.isNaN { (largest, place) = ($0.pointee, $0) }
    }
    return (largest, place - plane)
  }

  func average(countsPadding: Bool = false, divisor: Int? = nil) throws(CheckpointError)
    -> DenseArray
  {
    try pooled { plane, depth, height, width, row, size in
      let count = depth.count * height.count * width.count
      // Windows that contain only padding are 0 in PyTorch.
      guard count > 0 else { return 0 }
      var sum = 0.0
      Self.forEach(plane, depth, height, width, row, size) { sum += $0.pointee }
      let padded = depth.paddedCount * height.paddedCount * width.paddedCount
      return sum / Double(divisor ?? (countsPadding ? padded : count))
    }
  }

  private typealias Reduction =
    @Sendable (
      UnsafePointer<Double>, _ depth: Run, _ height: Run, _ width: Run, _ row: Int, _ slice: Int
    ) -> Double

  private func pooled(_ reduce: Reduction) throws(CheckpointError) -> DenseArray {
    let size = spatial.reduce(1, *)
    let positions = runs.reduce(1) { $0 * $1.count }
    let planes = outputShape.dropLast(rank).reduce(1, *)
    return try DenseArray(shape: outputShape) { output throws(CheckpointError) in
      try concurrentForEach(planes) { plane in
        input.values.withUnsafeBufferPointer { values in
          guard let source = values.baseAddress else { return }
          var place = plane * positions
          for depth in runs[0] {
            for height in runs[1] {
              for width in runs[2] {
                output[place] = reduce(
                  source + plane * size, depth, height, width, spatial[2],
                  spatial[1] * spatial[2])
                place += 1
              }
            }
          }
        }
      }
    }
  }

  @inline(__always)
  private static func forEach(
    _ plane: UnsafePointer<Double>, _ depth: Run, _ height: Run, _ width: Run, _ row: Int,
    _ slice: Int, _ body: (UnsafePointer<Double>) -> Void
  ) {
    var layer = 0
    while layer < depth.count {
      let layerStart = plane + (depth.start + layer * depth.step) * slice
      var line = 0
      while line < height.count {
        var place = layerStart + (height.start + line * height.step) * row + width.start
        var column = 0
        while column < width.count {
          body(place)
          place += width.step
          column &+= 1
        }
        line &+= 1
      }
      layer &+= 1
    }
  }
}
