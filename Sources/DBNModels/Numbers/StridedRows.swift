/// The elements of a shape in row-major order, as runs with their offsets in two arrays.
///
/// Dimensions that are contiguous in both arrays are merged.
struct StridedRows {
  /// The number of elements in a run, and their strides in both arrays.
  let count: Int
  let firstStride: Int
  let secondStride: Int
  private let outer: [(size: Int, first: Int, second: Int)]
  private let isEmpty: Bool

  /// - Parameters:
  ///   - first: the strides of the shape's dimensions in the first array.
  ///   - second: their strides in the second array.
  init(_ shape: [Int], _ first: [Int], _ second: [Int]) {
    var dimensions: [(size: Int, first: Int, second: Int)] = []
    for (index, size) in shape.enumerated() where size != 1 {
      if let last = dimensions.last, last.first == first[index] * size,
        last.second == second[index] * size
      {
        dimensions[dimensions.count - 1] = (last.size * size, first[index], second[index])
      } else {
        dimensions.append((size, first[index], second[index]))
      }
    }
    let run = dimensions.popLast() ?? (1, 0, 0)
    (count, firstStride, secondStride) = run
    outer = dimensions
    isEmpty = shape.contains(0)
  }

  /// Calls `body` with the offset of each run's first element in both arrays.
  func forEach(_ body: (_ first: Int, _ second: Int) -> Void) {
    if isEmpty { return }
    var counters = [Int](repeating: 0, count: outer.count)
    var (first, second) = (0, 0)
    while true {
      body(first, second)
      var index = outer.count - 1
      while index >= 0 {
        counters[index] += 1
        first += outer[index].first
        second += outer[index].second
        if counters[index] < outer[index].size { break }
        first -= outer[index].first * outer[index].size
        second -= outer[index].second * outer[index].size
        counters[index] = 0
        index -= 1
      }
      if index < 0 { return }
    }
  }
}

extension [Int] {
  /// The row-major strides of a shape.
  package var strides: [Int] {
    var strides = [Int](repeating: 1, count: count)
    for index in indices.dropLast().reversed() {
      strides[index] = strides[index + 1] * self[index + 1]
    }
    return strides
  }

  /// The strides with which an array of this shape is read as if broadcast to a larger one.
  func strides(broadcastTo target: [Int]) -> [Int] {
    let own = zip(self, strides).map { size, stride in size == 1 ? 0 : stride }
    return [Int](repeating: 0, count: target.count - count) + own
  }
}
