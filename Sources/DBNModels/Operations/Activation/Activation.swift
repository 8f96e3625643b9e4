package import DBNTensors

extension Operation {
  /// Operand: any tensor, element by element.
  public static func activation(_ function: Activation) -> Operation { Operation(function) }
}

/// A function of one number, applied element by element: a family of operations.
public enum Activation: Sendable, Hashable {
  /// `max(x, 0)`
  case relu
  /// `x` clipped to the bounds. Also `clamp`, whose missing bounds are infinite.
  case hardTanh(minimum: Double, maximum: Double)
  /// `x * relu6(x + 3) / 6`
  case hardSwish
  /// `relu6(x + 3) / 6`
  case hardSigmoid
  /// `x * sigmoid(x)`
  case silu
  /// `1 / (1 + exp(-x))`
  case sigmoid
  /// GELU, exact by the error function, or approximated by tanh.
  case gelu(usesTanh: Bool)
  /// The hyperbolic tangent.
  case tanh
  /// `x` if it is positive, else `slope * x`.
  case leakyReLU(slope: Double)
  /// `x` if it is positive, else `alpha * (exp(x) - 1)`.
  case elu(alpha: Double)
  /// `scale * x` if x is positive, else `scale * alpha * (exp(inputScale * x) - 1)`. Also SELU and
  /// CELU, which are ELUs with other constants.
  case scaledELU(alpha: Double, scale: Double, inputScale: Double)
  /// `x` where its magnitude is above the threshold, else 0.
  case hardShrink(threshold: Double)
  /// `x` moved towards 0 by the threshold, and 0 where its magnitude is smaller.
  case softShrink(threshold: Double)
  /// `x` if it is above the threshold, else the value.
  case threshold(Double, value: Double)
  /// `log(1 / (1 + exp(-x)))`
  case logSigmoid
  /// `log(1 + exp(beta * x)) / beta`; `x` if `beta * x` is above the threshold.
  case softplus(beta: Double, threshold: Double)
  /// `x * tanh(log(1 + exp(x)))`
  case mish
  /// `x` raised to an exponent.
  case power(Double)
  /// The square root.
  case squareRoot
  /// One over the square root.
  case reciprocalSquareRoot
  /// `1 / x`
  case reciprocal
  /// `exp(x)`
  case exponential
  /// `exp(x) - 1`
  case exponentialMinusOne
  /// The natural logarithm.
  case logarithm
  /// `log(1 + x)`
  case logarithmOfOnePlus
  /// The error function.
  case errorFunction
  /// `-x`
  case negative
  /// `|x|`
  case absolute
}

extension Activation: GraphOperation {
  package func outputs(
    of operands: OperandArrays, shapes: [[Int]]
  ) throws(CheckpointError) -> [DenseArray] {
    [try operands.required(0).mapped(callAsFunction)]
  }
}
