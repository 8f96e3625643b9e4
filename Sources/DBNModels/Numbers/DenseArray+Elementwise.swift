/// The larger or smaller of two; NaN if either is NaN.
func extreme(_ left: Double, _ right: Double, isLarger: Bool) -> Double {
  if left.isNaN || right.isNaN { return .nan }
  return (left > right) == isLarger ? left : right
}

extension DenseArray {
  @inline(__always)
  func mapped(_ function: (Double) -> Double) -> DenseArray {
    let count = values.count
    return DenseArray(shape) { output in
      values.withUnsafeBufferPointer { input in
        guard let input = input.baseAddress else { return }
        var index = 0
        while index < count {
          output[index] = function(input[index])
          index &+= 1
        }
      }
    }
  }

  /// Combines both arrays, broadcast to a shape, element by element.
  @inline(__always)
  func combined(
    with other: DenseArray, to shape: [Int], _ function: (Double, Double) -> Double
  ) -> DenseArray {
    let rows = StridedRows(
      shape, self.shape.strides(broadcastTo: shape), other.shape.strides(broadcastTo: shape))
    return DenseArray(shape) { output in
      var output = output
      withPointers(self, other) { mine, theirs in
        rows.forEach { first, second in
          var (first, second, index) = (first, second, 0)
          while index < rows.count {
            output[index] = function(mine[first], theirs[second])
            first &+= rows.firstStride
            second &+= rows.secondStride
            index &+= 1
          }
          output += rows.count
        }
      }
    }
  }
}

extension DenseArray {
  /// The elements of the second operand where the first is not 0, otherwise of the third.
  static func chosen(_ operands: [DenseArray], _ shape: [Int]) -> DenseArray {
    let target = DenseArray(repeating: 0, shape)
    let condition = operands[0].combined(with: target, to: shape) { condition, _ in condition }
    let first = operands[1].combined(with: target, to: shape) { element, _ in element }
    let second = operands[2].combined(with: target, to: shape) { element, _ in element }
    return DenseArray(shape) { output in
      for index in condition.values.indices {
        output[index] = condition.values[index] != 0 ? first.values[index] : second.values[index]
      }
    }
  }

  /// Makes an array of `count` integers from `start`, `step` apart.
  init(counting count: Int, from start: Int, by step: Int) {
    self.init([count]) { output in
      for index in 0..<count { output[index] = Double(start) + Double(step) * Double(index) }
    }
  }
}

/// Calls a closure with pointers to the numbers of two arrays, unless one is empty.
@inline(__always)
func withPointers(
  _ first: DenseArray, _ second: DenseArray,
  _ body: (UnsafePointer<Double>, UnsafePointer<Double>) -> Void
) {
  first.values.withUnsafeBufferPointer { first in
    second.values.withUnsafeBufferPointer { second in
      guard let first = first.baseAddress, let second = second.baseAddress else { return }
      body(first, second)
    }
  }
}
