import Glibc
import DBNModels
import DBNTensors

extension Activation {
  /// The function's value; NaN for NaN.
  ///
  /// Source: `aten/src/ATen/native/cpu/Activation.cpp`.
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
    case .leakyReLU(let slope): x > 0 ? x : x * slope
    case .elu(let alpha): x > 0 ? x : expm1(x) * alpha
    case .softplus(let beta, let threshold):
      x * beta > threshold ? x : log1p(exp(x * beta)) / beta
    case .mish: x * Glibc.tanh(log1p(exp(x)))
    case .power(2): x * x
    case .power(let exponent): pow(x, exponent)
    case .squareRoot: x.squareRoot()
    case .reciprocalSquareRoot: 1 / x.squareRoot()
    case .reciprocal: 1 / x
    case .exponential: exp(x)
    case .exponentialMinusOne: expm1(x)
    case .logarithm: log(x)
    case .logarithmOfOnePlus: log1p(x)
    case .errorFunction: erf(x)
    case .negative: -x
    case .absolute: abs(x)
    }
  }
}

extension Operation.Comparison {
  func callAsFunction(_ left: Double, _ right: Double) -> Double {
    let holds =
      switch self {
      case .equal: left == right
      case .notEqual: left != right
      case .less: left < right
      case .lessOrEqual: left <= right
      case .greater: left > right
      case .greaterOrEqual: left >= right
      }
    return holds ? 1 : 0
  }
}

/// The larger or smaller of two; NaN where one is.
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

  /// Both broadcast to a shape, and combined element by element.
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
  /// Of the second operand where the first is not 0, else of the third.
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

  /// So many integers from one on, with a distance between them.
  init(counting count: Int, from start: Int, by step: Int) {
    self.init([count]) { output in
      for index in 0..<count { output[index] = Double(start) + Double(step) * Double(index) }
    }
  }
}

/// Lends the numbers of two arrays, if both have some.
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
