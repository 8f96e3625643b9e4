import DBNModels
import DBNTensors

extension DenseArray {
  /// What an operation that moves elements makes of the operands.
  ///
  /// - Parameters:
  ///   - operation: one whose sizes are numbers.
  ///   - shapes: those of its outputs.
  static func arranged(
    _ operation: Operation, _ operands: [DenseArray], _ shapes: [[Int]]
  ) -> [DenseArray] {
    let input = operands[0]
    let strides = input.shape.strides
    switch operation {
    case .concatenate(let dimension): return [joined(operands, dimension, to: shapes[0])]
    case .split(let sizes, let dimension):
      var start = 0
      return zip(sizes, shapes).map { size, shape in
        defer { start += size }
        return input.part(shape, strides, from: start * strides[dimension])
      }
    case .slice(let dimension, let start, _, let step):
      let part = PartOfDimension(dimension, start.number ?? 0, step)
      return [input.part(shapes[0], part.strides(strides), from: part.offset(strides))]
    case .sliceScatter(let dimension, let start, _, let step):
      let part = PartOfDimension(dimension, start.number ?? 0, step)
      return [
        input.replacing(operands[1], part.strides(strides), from: part.offset(strides))
      ]
    case .select(let dimension, let index):
      return [
        input.part(shapes[0], strides.removing(dimension), from: index * strides[dimension])
      ]
    case .selectScatter(let dimension, let index):
      return [
        input.replacing(
          operands[1], strides.removing(dimension), from: index * strides[dimension])
      ]
    case .permute(let order): return [input.part(shapes[0], order.map { strides[$0] }, from: 0)]
    case .expand:
      return [input.part(shapes[0], input.shape.strides(broadcastTo: shapes[0]), from: 0)]
    case .pad(let before, _, let value):
      return [input.padded(before.map { $0.number ?? 0 }, value, to: shapes[0])]
    default: return [input.reshaped(to: shapes[0])]
    }
  }

  /// The elements of a shape that lie in mine at a start, at these distances.
  private func part(_ shape: [Int], _ strides: [Int], from start: Int) -> DenseArray {
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

  /// Mine, with the elements of another array in the places from a start, at these distances.
  private func replacing(
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

  private static func joined(
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

  private func padded(_ before: [Int], _ value: Double, to shape: [Int]) -> DenseArray {
    let strides = shape.strides
    let start = zip(before, strides.suffix(before.count)).reduce(0) { $0 + $1.0 * $1.1 }
    return DenseArray(repeating: value, shape).replacing(self, strides, from: start)
  }
}

/// Every `step`th element along a dimension.
private struct PartOfDimension {
  let dimension: Int
  let start: Int
  let step: Int

  init(_ dimension: Int, _ start: Int, _ step: Int) {
    self.dimension = dimension
    self.start = start
    self.step = step
  }

  func strides(_ strides: [Int]) -> [Int] {
    var strides = strides
    strides[dimension] *= step
    return strides
  }

  func offset(_ strides: [Int]) -> Int { start * strides[dimension] }
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

extension [Int] {
  fileprivate func removing(_ dimension: Int) -> [Int] {
    var result = self
    result.remove(at: dimension)
    return result
  }
}
