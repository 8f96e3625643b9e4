internal import DBNTensors

/// Floating-point numbers with other widths than those of PyTorch's types, which fit in one of them
/// exactly.
package struct OtherFloat: Sendable, Hashable {
  /// A run of bits, counted from the least significant.
  struct Field: Sendable, Hashable {
    let offset: Int
    let bitCount: Int

    func value(in bits: UInt64) -> UInt64 {
      bits >> UInt64(offset) & (1 << UInt64(bitCount) - 1)
    }
  }

  /// The smallest type that holds them.
  let type: ScalarType
  let byteCount: Int
  private let isBigEndian: Bool
  private let sign: Field
  private let exponent: Field
  private let mantissa: Field
  private let bias: Int

  /// - Returns: nil if a field is outside of the bytes, or no type holds the numbers.
  init?(
    byteCount: Int, isBigEndian: Bool, sign: Int, exponent: Field, mantissa: Field, bias: UInt32
  ) {
    let bitCount = byteCount * 8
    let fields = [Field(offset: sign, bitCount: 1), exponent, mantissa]
    guard 1...8 ~= byteCount, exponent.bitCount > 1,
      fields.allSatisfy({ $0.bitCount < bitCount && $0.offset <= bitCount - $0.bitCount })
    else { return nil }
    let isUsual = exponent.bitCount < 12 && Int(bias) == 1 << (exponent.bitCount - 1) - 1
    switch (exponent.bitCount, mantissa.bitCount) {
    case (...5, ...10) where isUsual: type = .float16
    case (...8, ...23) where isUsual: type = .float32
    case (...11, ...52) where isUsual: type = .float64
    default: return nil
    }
    (self.byteCount, self.isBigEndian, self.bias) = (byteCount, isBigEndian, Int(bias))
    (self.sign, self.exponent, self.mantissa) = (fields[0], exponent, mantissa)
  }

  /// The conversion to elements of `type`.
  var conversion: TensorStorage.Conversion {
    TensorStorage.Conversion(from: byteCount, to: type.byteCount) { bytes, target in
      bytes.withUnsafeBytes { source in
        for index in 0..<source.count / byteCount {
          let bits = self.bits(of: number(in: source, at: index * byteCount))
          for byte in 0..<type.byteCount {
            target[index * type.byteCount + byte] = UInt8(
              truncatingIfNeeded: bits >> UInt64(8 * byte))
          }
        }
      }
    }
  }

  private func bits(of number: Double) -> UInt64 {
    switch type {
    case .float16: UInt64(Float16(number).bitPattern)
    case .float32: UInt64(Float(number).bitPattern)
    default: number.bitPattern
    }
  }

  private func number(in source: UnsafeRawBufferPointer, at start: Int) -> Double {
    var bits: UInt64 = 0
    for byte in 0..<byteCount {
      let index = start + (isBigEndian ? byteCount - 1 - byte : byte)
      bits |= UInt64(source[index]) << UInt64(8 * byte)
    }
    let (power, fraction) = (exponent.value(in: bits), mantissa.value(in: bits))
    let sign: FloatingPointSign = sign.value(in: bits) == 0 ? .plus : .minus
    let unit = -mantissa.bitCount
    if power == 1 << UInt64(exponent.bitCount) - 1 {
      return fraction == 0 ? (sign == .plus ? .infinity : -.infinity) : .nan
    }
    if power == 0 {
      return Double(sign: sign, exponent: 1 - bias + unit, significand: Double(fraction))
    }
    let whole = fraction | 1 << UInt64(mantissa.bitCount)
    return Double(sign: sign, exponent: Int(power) - bias + unit, significand: Double(whole))
  }
}
