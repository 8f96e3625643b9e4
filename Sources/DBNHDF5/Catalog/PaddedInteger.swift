internal import DBNTensors

/// Integers that use a part of the bits of their bytes.
package struct PaddedInteger: Sendable, Hashable {
  /// The smallest type of whole bytes that holds them.
  let type: ScalarType
  let byteCount: Int
  let isBigEndian: Bool
  /// The number of unused bits below those of the number.
  let offset: Int
  /// The number of bits of the number.
  let precision: Int
  let isSigned: Bool

  /// - Returns: nil if no scalar type has so many bits.
  init?(byteCount: Int, isBigEndian: Bool, offset: Int, precision: Int, isSigned: Bool) {
    guard 1...8 ~= byteCount, precision > 0, offset + precision <= byteCount * 8 else { return nil }
    (self.byteCount, self.isBigEndian) = (byteCount, isBigEndian)
    (self.offset, self.precision, self.isSigned) = (offset, precision, isSigned)
    type =
      switch byteCount {
      case 1: isSigned ? .int8 : .uint8
      case 2: isSigned ? .int16 : .uint16
      case 3...4: isSigned ? .int32 : .uint32
      default: isSigned ? .int64 : .uint64
      }
  }

  /// The conversion to elements of `type`: the unused bits become copies of the sign, or zeros.
  var conversion: TensorStorage.Conversion {
    TensorStorage.Conversion(from: byteCount, to: type.byteCount) { bytes, target in
      bytes.withUnsafeBytes { source in
        for index in 0..<source.count / byteCount {
          let number = number(in: source, at: index * byteCount)
          for byte in 0..<type.byteCount {
            target[index * type.byteCount + byte] = UInt8(
              truncatingIfNeeded: number >> Int64(8 * byte))
          }
        }
      }
    }
  }

  private func number(in source: UnsafeRawBufferPointer, at start: Int) -> Int64 {
    var bits: UInt64 = 0
    for byte in 0..<byteCount {
      let index = start + (isBigEndian ? byteCount - 1 - byte : byte)
      bits |= UInt64(source[index]) << UInt64(8 * byte)
    }
    // Shifted to the top, so that shifting back fills with the sign or with zeros.
    let top = bits << UInt64(64 - offset - precision)
    let down = UInt64(64 - precision)
    return isSigned ? Int64(bitPattern: top) >> Int64(down) : Int64(bitPattern: top >> down)
  }
}
