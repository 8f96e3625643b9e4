private import DBNCZlib

/// The CRC-32 of zip files and PyTorch checkpoints (ISO 3309), by zlib's `crc32_z`.
package struct CRC32: Sendable {
  /// The checksum of the bytes so far; 0 for no bytes.
  package private(set) var value: UInt32 = 0

  /// The checksum of no bytes.
  package init() {}

  /// The checksum of these bytes.
  package static func of(_ bytes: RawSpan) -> UInt32 {
    var checksum = CRC32()
    checksum.update(bytes)
    return checksum.value
  }

  /// Adds bytes that follow those so far.
  package mutating func update(_ bytes: RawSpan) {
    value = bytes.withUnsafeBytes { buffer in
      let start = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
      return UInt32(truncatingIfNeeded: crc32_z(uLong(value), start, buffer.count))
    }
  }

  /// The checksum of two concatenated runs of bytes, from the checksums of both (`crc32_combine`).
  package static func combine(_ first: UInt32, _ second: UInt32, secondByteCount: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: crc32_combine(uLong(first), uLong(second), secondByteCount))
  }

  /// The checksum of the bytes after a prefix, from the checksums of the whole and of the prefix.
  package static func rest(of whole: UInt32, after first: UInt32, restByteCount: Int) -> UInt32 {
    // Checksums combine by exclusive or, after the first is shifted past the rest.
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
