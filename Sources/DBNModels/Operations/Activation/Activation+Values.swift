import DBNPlatform

extension Activation {
  /// The function's value; NaN for NaN.
  ///
  /// Source: `aten/src/ATen/native/cpu/Activation.cpp`.
  package func callAsFunction(_ x: Double) -> Double {
    switch self {
    case .relu: x.isNaN ? x : max(x, 0)
    case .hardTanh(let minimum, let maximum): x.isNaN ? x : min(max(x, minimum), maximum)
    case .hardSwish: x * min(max(x + 3, 0), 6) / 6
    case .hardSigmoid: min(max(x + 3, 0), 6) / 6
    case .silu: x / (1 + exp(-x))
    case .sigmoid: 1 / (1 + exp(-x))
    case .gelu(false): x * 0.5 * (1 + erf(x * 0.5.squareRoot()))
    case .gelu(true):
      0.5 * x * (1 + DBNPlatform.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .tanh: DBNPlatform.tanh(x)
    case .leakyReLU(let slope): x > 0 ? x : x * slope
    case .elu(let alpha): x > 0 ? x : expm1(x) * alpha
    case .scaledELU(let alpha, let scale, let inputScale):
      x > 0 ? x * scale : expm1(x * inputScale) * alpha * scale
    case .hardShrink(let threshold): abs(x) <= threshold ? 0 : x
    case .softShrink(let threshold):
      x > threshold ? x - threshold : x < -threshold ? x + threshold : x * 0
    case .threshold(let threshold, let value): x <= threshold ? value : x
    case .logSigmoid: min(x, 0) - log1p(exp(-abs(x)))
    case .softplus(let beta, let threshold):
      x * beta > threshold ? x : log1p(exp(x * beta)) / beta
    case .mish: x * DBNPlatform.tanh(log1p(exp(x)))
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
