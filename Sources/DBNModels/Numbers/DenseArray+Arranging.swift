extension DenseArray {
  /// A strided part of this array: the elements of a shape, from an offset, with these strides.
  func part(_ shape: [Int], _ strides: [Int], from start: Int) -> DenseArray {
    let rows = StridedRows(shape, strides, shape.strides)
    return DenseArray(shape) { output in
      values.withUnsafeBufferPointer { values in
        guard let input = values.baseAddress else { return }
        rows.forEach { first, second in
          copy(
            rows.count, from: input + start + first, rows.firstStride, to: output + second,
            rows.secondStride)
        }
      }
    }
  }

  /// This array with the elements of another written from an offset, with these strides.
  func replacing(
    _ other: DenseArray, _ strides: [Int], from start: Int
  ) -> DenseArray {
    var result = self
    result.replace(other, strides, from: start)
    return result
  }

  /// Writes the elements of another array from an offset, with these strides.
  mutating func replace(_ other: DenseArray, _ strides: [Int], from start: Int) {
    let rows = StridedRows(other.shape, other.shape.strides, strides)
    values.withUnsafeMutableBufferPointer { output in
      other.values.withUnsafeBufferPointer { input in
        guard let output = output.baseAddress, let input = input.baseAddress else { return }
        rows.forEach { first, second in
          copy(
            rows.count, from: input + first, rows.firstStride, to: output + start + second,
            rows.secondStride)
        }
      }
    }
  }

  static func joined(
    _ arrays: [DenseArray], _ dimension: Int, to shape: [Int]
  ) -> DenseArray {
    let strides = shape.strides
    var result = DenseArray(repeating: 0, shape)
    var start = 0
    for array in arrays where array.shape.count == shape.count {
      result.replace(array, strides, from: start * strides[dimension])
      start += array.shape[dimension]
    }
    return result
  }

  /// The array in one of another shape that is filled with a value. It starts `before` elements
  /// after the start of each of the last dimensions, or before it; what is outside is left out.
  func padded(_ before: [Int], _ value: Double, to shape: [Int]) -> DenseArray {
    let starts = [Int](repeating: 0, count: shape.count - before.count) + before
    let kept = shape.indices.map { axis in
      max(0, min(self.shape[axis] + starts[axis], shape[axis]) - max(starts[axis], 0))
    }
    var result = DenseArray(repeating: value, shape)
    if kept.contains(0) { return result }
    let (source, target) = (self.shape.strides, shape.strides)
    let first = zip(source, starts).reduce(0) { $0 + $1.0 * max(-$1.1, 0) }
    let start = zip(target, starts).reduce(0) { $0 + $1.0 * max($1.1, 0) }
    result.replace(part(kept, source, from: first), target, from: start)
    return result
  }
}

private func copy(
  _ count: Int, from source: UnsafePointer<Double>, _ sourceStride: Int,
  to target: UnsafeMutablePointer<Double>, _ targetStride: Int
) {
  if sourceStride == 1 && targetStride == 1 { return target.update(from: source, count: count) }
  var (source, target, index) = (source, target, 0)
  while index < count {
    target.pointee = source.pointee
    source += sourceStride
    target += targetStride
    index &+= 1
  }
}
