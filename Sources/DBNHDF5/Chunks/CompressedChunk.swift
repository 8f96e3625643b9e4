internal import DBNTensors

/// A chunk as it will be in the file: shuffled and deflated, or unchanged if that saves nothing.
struct CompressedChunk: Sendable {
  /// The filters of compressed datasets, in h5py's order.
  static func filters(level: Int, elementSize: Int) -> [Catalog.Chunks.Filter] {
    [
      Catalog.Chunks.Filter(.shuffle, parameters: [UInt32(clamping: elementSize)]),
      Catalog.Chunks.Filter(.deflate, parameters: [UInt32(clamping: level)]),
    ]
  }

  let bytes: ByteRegion
  /// If bit `i` is set, filter `i` was not applied.
  let filterMask: UInt32
  /// The checksum of the tensor's bytes in the chunk, padding excluded.
  let crc32: UInt32

  /// - Parameters:
  ///   - source: the bytes of the chunk that belong to the tensor; the rest are zeros.
  ///   - byteCount: the size of the whole chunk.
  init(
    _ source: ByteRegion, byteCount: Int, elementSize: Int, level: Int
  ) throws(CheckpointError) {
    crc32 = source.withBytes { CRC32.of($0) }
    let whole = source.count == byteCount ? source : source.padded(to: byteCount)
    let compressed = try whole.shuffled(elementSize).deflated(
      level: level, period: max(1, byteCount / elementSize))
    bytes = compressed ?? whole
    filterMask = compressed == nil ? 0b11 : 0
  }
}

extension ByteRegion {
  fileprivate func padded(to byteCount: Int) -> ByteRegion {
    ByteRegion(byteCount: byteCount, copy(to:))
  }

  fileprivate func shuffled(_ elementSize: Int) -> ByteRegion {
    guard Shuffle.applies(to: count, elementSize: elementSize) else { return self }
    return ByteRegion(scratch: count) { target in
      withBytes { bytes in
        bytes.withUnsafeBytes { Shuffle.apply($0, elementSize: elementSize, into: target) }
      }
    }
  }

  /// - Returns: nil if compression saves nothing.
  fileprivate func deflated(level: Int, period: Int) throws(CheckpointError) -> ByteRegion? {
    var byteCount: Int?
    let target = try ByteRegion(scratch: count) { target throws(CheckpointError) in
      byteCount = try withBytes { bytes throws(CheckpointError) in
        try bytes.withUnsafeBytes { source throws(CheckpointError) in
          try Deflate.deflate(source, level: level, period: period, into: target)
        }
      }
    }
    guard let byteCount, byteCount < count else { return nil }
    // A copy of the exact size, because it is kept until it is written.
    return try target.slice(from: 0, count: byteCount).copied
  }
}
