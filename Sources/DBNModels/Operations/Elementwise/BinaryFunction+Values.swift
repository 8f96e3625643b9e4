import DBNPlatform

extension BinaryFunction {
  /// The function's value.
  package func callAsFunction(_ x: Double, _ y: Double) -> Double {
    switch self {
    case .raised: pow(x, y)
    case .arctangent2: atan2(x, y)
    case .hypotenuse: hypot(x, y)
    case .copySign: copysign(x, y)
    case .remainder: Self.remainder(x, y)
    case .truncatedRemainder: fmod(x, y)
    case .floorDivide: Self.floorQuotient(x, y)
    case .truncatedDivide: (x / y).rounded(.towardZero)
    case .largerNumber: fmax(x, y)
    case .smallerNumber: fmin(x, y)
    case .productWithLogarithm: x == 0 && !y.isNaN ? 0 : x * log(y)
    case .logarithmOfSum: x == y ? x + log(2) : max(x, y) + log1p(exp(-abs(x - y)))
    case .logicalAnd: x != 0 && y != 0 ? 1 : 0
    case .logicalOr: x != 0 || y != 0 ? 1 : 0
    case .logicalXor: (x != 0) != (y != 0) ? 1 : 0
    case .bitwiseAnd: Self.bitwise(x, y) { $0 & $1 }
    case .bitwiseOr: Self.bitwise(x, y) { $0 | $1 }
    case .bitwiseXor: Self.bitwise(x, y) { $0 ^ $1 }
    case .shiftLeft: Self.bitwise(x, y) { $0 << $1 }
    case .shiftRight: Self.bitwise(x, y) { $0 >> $1 }
    }
  }

  private static func bitwise(
    _ x: Double, _ y: Double, _ function: (Int64, Int64) -> Int64
  ) -> Double {
    Double(function(Int64(integerPart: x), Int64(integerPart: y)))
  }

  private static func remainder(_ x: Double, _ y: Double) -> Double {
    let remainder = fmod(x, y)
    return remainder != 0 && (remainder < 0) != (y < 0) ? remainder + y : remainder
  }

  /// The quotient rounded down, exact where the rounded quotient is not.
  ///
  /// Source: `div_floor_floating` of `c10/util/generic_math.h`.
  private static func floorQuotient(_ x: Double, _ y: Double) -> Double {
    if y == 0 { return x / y }
    let remainder = fmod(x, y)
    var quotient = (x - remainder) / y
    if remainder != 0 && (y < 0) != (remainder < 0) { quotient -= 1 }
    if quotient == 0 { return copysign(0, x / y) }
    let floor = quotient.rounded(.down)
    return quotient - floor > 0.5 ? floor + 1 : floor
  }
}
