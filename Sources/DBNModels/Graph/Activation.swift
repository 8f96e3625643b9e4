/// A function of one number.
public enum Activation: Sendable, Hashable {
  case relu
  /// Also `clamp`, whose missing bounds are infinite.
  case hardTanh(minimum: Double, maximum: Double)
  case hardSwish
  case hardSigmoid
  case silu
  case sigmoid
  /// The exact one, by the error function, or its approximation by tanh.
  case gelu(usesTanh: Bool)
  case tanh
  case leakyReLU(slope: Double)
  case elu(alpha: Double)
  case softplus(beta: Double, threshold: Double)
  case mish
  case power(Double)
  case squareRoot
  case reciprocalSquareRoot
  case reciprocal
  case exponential
  case exponentialMinusOne
  case logarithm
  /// Of one more than the number.
  case logarithmOfOnePlus
  case errorFunction
  case negative
  case absolute
}
