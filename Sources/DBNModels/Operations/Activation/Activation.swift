package import DBNTensors

extension Operation {
  /// Operand: any tensor, element by element.
  public static func activation(_ function: Activation) -> Operation { Operation(function) }
}

/// A function of one number: a family of operations, each element by itself.
public enum Activation: Sendable, Hashable {
  /// `max(x, 0)`
  case relu
  /// Also `clamp`, whose missing bounds are infinite.
  case hardTanh(minimum: Double, maximum: Double)
  /// `x * relu6(x + 3) / 6`
  case hardSwish
  /// `relu6(x + 3) / 6`
  case hardSigmoid
  /// `x * sigmoid(x)`
  case silu
  /// `1 / (1 + exp(-x))`
  case sigmoid
  /// The exact one, by the error function, or its approximation by tanh.
  case gelu(usesTanh: Bool)
  /// The hyperbolic tangent.
  case tanh
  /// `x` where it is positive, else `slope * x`.
  case leakyReLU(slope: Double)
  /// `x` where it is positive, else `alpha * (exp(x) - 1)`.
  case elu(alpha: Double)
  /// `log(1 + exp(beta * x)) / beta`; `x` where `beta * x` is above the threshold.
  case softplus(beta: Double, threshold: Double)
  /// `x * tanh(log(1 + exp(x)))`
  case mish
  /// `x` to an exponent.
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
  /// Of one more than the number.
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
