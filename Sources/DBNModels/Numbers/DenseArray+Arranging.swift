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
    let rows = StridedRows(other.shape, other.shape.strides, strides)
    var result = self
    result.values.withUnsafeMutableBufferPointer { output in
      other.values.withUnsafeBufferPointer { input in
        guard let output = output.baseAddress, let input = input.baseAddress else { return }
        rows.forEach { first, second in
          copy(
            rows.count, from: input + first, rows.firstStride, to: output + start + second,
            rows.secondStride)
        }
      }
    }
    return result
  }

  static func joined(
    _ arrays: [DenseArray], _ dimension: Int, to shape: [Int]
  ) -> DenseArray {
    let strides = shape.strides
    var result = DenseArray(repeating: 0, shape)
    var start = 0
    for array in arrays where array.shape.count == shape.count {
      result = result.replacing(array, strides, from: start * strides[dimension])
      start += array.shape[dimension]
    }
    return result
  }

  func padded(_ before: [Int], _ value: Double, to shape: [Int]) -> DenseArray {
    let strides = shape.strides
    let start = zip(before, strides.suffix(before.count)).reduce(0) { $0 + $1.0 * $1.1 }
    return DenseArray(repeating: value, shape).replacing(self, strides, from: start)
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
