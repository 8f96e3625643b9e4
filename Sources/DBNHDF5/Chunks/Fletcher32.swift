internal import DBNTensors

/// HDF5's checksum filter: four bytes at the end, the Fletcher sum over big-endian 16-bit words.
enum Fletcher32 {
  /// The bytes without the checksum, which must match.
  static func verify(_ region: ByteRegion) throws(CheckpointError) -> ByteRegion {
    let content = try region.slice(from: 0, count: region.count - MemoryLayout<UInt32>.size)
    var reader = ByteReader(region)
    try reader.skip(content.count)
    let expected = try reader.read(UInt32.self)
    guard try checksum(content) == expected else {
      throw CheckpointError(.invalidChunk, "a chunk does not match its fletcher32 checksum")
    }
    return content
  }

  /// A multiple of the word size.
  private static let pieceByteCount = 1 << 20

  /// Source: `H5_checksum_fletcher32` in H5checksum.c.
  private static func checksum(_ region: ByteRegion) throws(CheckpointError) -> UInt32 {
    var (low, high) = (0 as UInt64, 0 as UInt64)
    try region.forEachPiece(of: pieceByteCount) { _, piece in
      piece.withUnsafeBytes { words in
        for start in stride(from: 0, to: words.count, by: 2) {
          let next = start + 1 < words.count ? words[start + 1] : 0
          low += UInt64(words[start]) << 8 | UInt64(next)
          // One's complement: 65535 stays, and only zeros have the sum zero.
          if low > 65535 { low -= 65535 }
          high += low
          if high > 65535 { high -= 65535 }
        }
      }
    }
    return UInt32(truncatingIfNeeded: high << 16 | low)
  }
}
