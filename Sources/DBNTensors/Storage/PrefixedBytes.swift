/// A few bytes, then those of a storage: a file's header and its content.
package struct PrefixedBytes: ByteSource {
  private let prefix: [UInt8]
  private let storage: TensorStorage

  package init(_ prefix: [UInt8], _ storage: TensorStorage) {
    self.prefix = prefix
    self.storage = storage
  }

  package var byteCount: Int { prefix.count + storage.byteCount }

  package func bytes() throws(CheckpointError) -> ByteRegion {
    let rest = try storage.bytes()
    return try ByteRegion(byteCount: byteCount) { target throws(CheckpointError) in
      target.copyBytes(from: prefix)
      rest.copy(to: UnsafeMutableRawBufferPointer(rebasing: target[prefix.count...]))
    }
  }

  /// The first pieces are the prefix alone; those of the storage follow as they come.
  package func read(
    pieces size: Int, upTo count: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let start = min(count, prefix.count)
    for offset in stride(from: 0, to: start, by: size) {
      try body(offset, prefix[offset..<min(start, offset + size)].span.bytes)
    }
    try storage.read(pieces: size, upTo: count - start) { offset, piece throws(CheckpointError) in
      try body(prefix.count + offset, piece)
    }
  }

  package var origin: ByteRegion? { storage.origin }
  package var sources: [TensorStorage] { [storage] }
  package var largestBuffer: Int { storage.largestBuffer }
}
