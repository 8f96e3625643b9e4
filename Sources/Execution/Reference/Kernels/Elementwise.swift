import Glibc
import Models
import Tensors

extension Activation {
  /// The function's value. Source: `aten/src/ATen/native/cpu/Activation.cpp`.
  func callAsFunction(_ x: Double) -> Double {
    switch self {
    case .relu: x.isNaN ? x : max(x, 0)
    case .hardTanh(let minimum, let maximum): x.isNaN ? x : min(max(x, minimum), maximum)
    case .hardSwish: x * min(max(x + 3, 0), 6) / 6
    case .hardSigmoid: min(max(x + 3, 0), 6) / 6
    case .silu: x / (1 + exp(-x))
    case .sigmoid: 1 / (1 + exp(-x))
    case .gelu(false): x * 0.5 * (1 + erf(x * 0.5.squareRoot()))
    case .gelu(true):
      0.5 * x * (1 + Glibc.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .tanh: Glibc.tanh(x)
    }
  }
}

extension DenseArray {
  func mapped(_ function: (Double) -> Double) -> DenseArray {
    var result = self
    for index in result.values.indices { result.values[index] = function(result.values[index]) }
    return result
  }

  /// Both broadcast to a common shape, and combined element by element.
  func combined(
    with other: DenseArray, _ function: (Double, Double) -> Double
  ) throws(CheckpointError) -> DenseArray {
    if shape == other.shape {
      var result = self
      for index in result.values.indices {
        result.values[index] = function(values[index], other.values[index])
      }
      return result
    }
    let shape = try broadcastShape(with: other)
    let (mine, theirs) = (broadcastPlaces(in: shape), other.broadcastPlaces(in: shape))
    return try DenseArray(
      shape: shape, values: zip(mine, theirs).map { function(values[$0], other.values[$1]) })
  }

  private func broadcastShape(with other: DenseArray) throws(CheckpointError) -> [Int] {
    let rank = max(shape.count, other.shape.count)
    let (mine, theirs) = (shape.padded(to: rank), other.shape.padded(to: rank))
    return try zip(mine, theirs).map { pair throws(CheckpointError) in
      guard pair.0 == pair.1 || pair.0 == 1 || pair.1 == 1 else {
        throw .shape("\(shape) and \(other.shape) do not broadcast")
      }
      return pair.0 == 1 ? pair.1 : pair.0
    }
  }

  /// For each element of the larger shape, the place of mine that stands for it.
  private func broadcastPlaces(in target: [Int]) -> [Int] {
    var places = [0]
    var stride = values.count
    for (size, wanted) in zip(shape.padded(to: target.count), target) {
      stride /= max(size, 1)
      let step = size == 1 ? 0 : stride
      places = places.flatMap { place in (0..<wanted).map { place + $0 * step } }
    }
    return places
  }

  /// Dimensions `start` to `end`, both included, become one; negative ones count from the end.
  func flattened(from start: Int, to end: Int) throws(CheckpointError) -> DenseArray {
    let (first, last) = (
      start < 0 ? start + shape.count : start, end < 0 ? end + shape.count : end
    )
    guard 0 <= first, first <= last, last < shape.count else {
      throw .shape("\(shape) has no dimensions \(start) to \(end)")
    }
    let middle = shape[first...last].reduce(1, *)
    return try reshaped(Array(shape[..<first]) + [middle] + Array(shape[(last + 1)...]))
  }

  init(concatenating arrays: [DenseArray], along dimension: Int) throws(CheckpointError) {
    let first = arrays[0].shape
    let axis = dimension < 0 ? dimension + first.count : dimension
    guard first.indices.contains(axis),
      arrays.allSatisfy({ array in
        array.shape.count == first.count
          && array.shape.indices.allSatisfy { $0 == axis || array.shape[$0] == first[$0] }
      })
    else { throw .shape("\(arrays.map(\.shape)) do not join along dimension \(dimension)") }
    var shape = first
    shape[axis] = arrays.reduce(0) { $0 + $1.shape[axis] }
    var values: [Double] = []
    values.reserveCapacity(arrays.reduce(0) { $0 + $1.values.count })
    for plane in 0..<first[..<axis].reduce(1, *) {
      for array in arrays {
        let run = array.shape[axis...].reduce(1, *)
        values += array.values[plane * run..<(plane + 1) * run]
      }
    }
    try self.init(shape: shape, values: values)
  }
}

extension [Int] {
  /// With ones in front, as broadcasting does.
  fileprivate func padded(to rank: Int) -> [Int] {
    Array(repeating: 1, count: rank - count) + self
  }
}

/// `torch.nn.functional.linear`: the last dimension [I] times the weight [O, I], plus the bias [O].
func linear(
  _ input: DenseArray, _ weight: DenseArray, _ bias: DenseArray?
) throws(CheckpointError) -> DenseArray {
  guard let size = input.shape.last, weight.shape.count == 2, weight.shape[1] == size,
    bias.map({ $0.shape == [weight.shape[0]] }) ?? true
  else { throw .shape("an input \(input.shape) cannot be multiplied with \(weight.shape)") }
  let outputs = weight.shape[0]
  let rows = size == 0 ? 0 : input.values.count / size
  return try DenseArray(shape: Array(input.shape.dropLast()) + [outputs]) {
    output throws(CheckpointError) in
    try concurrentForEach(outputs) { feature in
      weight.values.withUnsafeBufferPointer { weights in
        input.values.withUnsafeBufferPointer { inputs in
          for row in 0..<rows {
            var sum = bias?.values[feature] ?? 0
            for index in 0..<size {
              sum += inputs[row * size + index] * weights[feature * size + index]
            }
            output[row * outputs + feature] = sum
          }
        }
      }
    }
  }
}
