private import DBNCZlib

/// The CRC-32 of zip files and PyTorch checkpoints (ISO 3309), by zlib's `crc32_z`.
package struct CRC32: Sendable {
  /// Of the bytes so far; 0 of none.
  package private(set) var value: UInt32 = 0

  /// The checksum of no bytes.
  package init() {}

  /// The checksum of these bytes.
  package static func of(_ bytes: RawSpan) -> UInt32 {
    var checksum = CRC32()
    checksum.update(bytes)
    return checksum.value
  }

  /// Takes bytes in that follow those so far.
  package mutating func update(_ bytes: RawSpan) {
    value = bytes.withUnsafeBytes { buffer in
      let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
      return UInt32(truncatingIfNeeded: crc32_z(uLong(value), start, buffer.count))
    }
  }

  /// The checksum of some bytes followed by others, from the checksums of both (`crc32_combine`).
  package static func combine(_ first: UInt32, _ second: UInt32, secondByteCount: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: crc32_combine(uLong(first), uLong(second), secondByteCount))
  }

  /// The checksum of what follows the first of some bytes, from the checksums of all and of the
  /// first.
  package static func rest(of whole: UInt32, after first: UInt32, restByteCount: Int) -> UInt32 {
    // Checksums combine by exclusive or, once the first is moved to its place.
    whole ^ combine(first, 0, secondByteCount: restByteCount)
  }
}

extension UInt32 {
  /// Eight lower-case hexadecimal digits, as checksums are written.
  package var hexadecimal: String {
    let digits = String(self, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
