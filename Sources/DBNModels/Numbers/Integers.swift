import DBNTensors

extension Int64 {
  /// The number without the digits after the point.
  ///
  /// What 64 bits can't hold, and NaN, is undefined in PyTorch; here it is the smallest integer, as
  /// on x86-64.
  init(integerPart value: Double) {
    self = Int64(exactly: value.rounded(.towardZero)) ?? .min
  }
}

extension ScalarType {
  /// What a number becomes in this type, if it is bool or an integer type: PyTorch's conversion,
  /// which drops the digits after the point and the bits that the type does not have.
  ///
  /// Integers are exact up to 2^53.
  func integer(of value: Double) -> Double {
    let integer = Int64(integerPart: value)
    return switch self {
    case .bool: value == 0 ? 0 : 1
    case .uint8: Double(UInt8(truncatingIfNeeded: integer))
    case .int8: Double(Int8(truncatingIfNeeded: integer))
    case .uint16: Double(UInt16(truncatingIfNeeded: integer))
    case .int16: Double(Int16(truncatingIfNeeded: integer))
    case .uint32: Double(UInt32(truncatingIfNeeded: integer))
    case .int32: Double(Int32(truncatingIfNeeded: integer))
    default: Double(integer)
    }
  }

  /// Whether it is bool or an integer type.
  package var isIntegral: Bool { isReal && !isFloatingPoint }
}
