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

  /// An output that is copied from this array.
  func copied(_ copy: StridedCopy, to shape: [Int]) -> DenseArray {
    let part = part(copy.shape, copy.source.strides, from: copy.source.start)
    guard let background = copy.background else { return part.reshaped(to: shape) }
    var result = DenseArray(repeating: background, shape)
    result.replace(part, copy.target.strides, from: copy.target.start)
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
