internal import DBNTensors

/// How a floating-point type lays out its bits: sign, exponent and mantissa from the top.
struct FloatFormat {
  let type: ScalarType
  let exponentBits: Int
  let mantissaBits: Int

  var bias: Int { (1 << (exponentBits - 1)) - 1 }

  static let known = [
    FloatFormat(type: .float8E4M3FN, exponentBits: 4, mantissaBits: 3),
    FloatFormat(type: .float8E5M2, exponentBits: 5, mantissaBits: 2),
    FloatFormat(type: .float16, exponentBits: 5, mantissaBits: 10),
    FloatFormat(type: .bfloat16, exponentBits: 8, mantissaBits: 7),
    FloatFormat(type: .float32, exponentBits: 8, mantissaBits: 23),
    FloatFormat(type: .float64, exponentBits: 11, mantissaBits: 52),
  ]
}
