/// The bytes of a storage whose file records their CRC-32, which is computed while they are read
/// and compared at the end: one pass over memory for both check and use.
///
/// If the checksum turns out to be wrong, the caller must undo what it did with the pieces.
struct CheckedBytes: ByteSource {
  let storage: TensorStorage

  var byteCount: Int { storage.byteCount }

  func bytes() throws(CheckpointError) -> ByteRegion {
    let bytes = try storage.source.bytes()
    try check(bytes)
    return bytes
  }

  /// Reads all bytes, whatever `count` is, because the checksum covers all.
  func read(
    pieces size: Int, upTo count: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    _ = try crc32(pieces: size) { start, piece throws(CheckpointError) in
      guard start < count else { return }
      try body(start, piece.extracting(first: min(piece.byteCount, count - start)))
    }
  }

  /// Calls `body` with all bytes, piece by piece.
  ///
  /// - Returns: their CRC-32, which equals the recorded one if there is one.
  func crc32(
    pieces size: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) -> UInt32 {
    var found = CRC32()
    try storage.source.read(pieces: size) { start, piece throws(CheckpointError) in
      found.update(piece)
      try body(start, piece)
    }
    return try storage.accept(found.value)
  }

  func opened() throws(CheckpointError) -> any RandomAccessBytes {
    let bytes = try storage.source.opened()
    try check(bytes)
    return bytes
  }

  /// Compares the checksum, unless it was already compared.
  private func check(_ bytes: any RandomAccessBytes) throws(CheckpointError) {
    guard storage.checksum.known == nil else { return }
    let (size, count) = (TensorStorage.pieceByteCount, byteCount)
    var found = CRC32()
    for start in stride(from: 0, to: count, by: size) {
      let piece = try bytes.slice(from: start, count: min(size, count - start))
      piece.withBytes { found.update($0) }
      piece.release()
    }
    _ = try storage.accept(found.value)
  }

  var isInPlace: Bool { storage.isInPlace }
  var openedByteCount: Int { storage.openedByteCount }
  var origin: ByteRegion? { storage.origin }
  var sources: [TensorStorage] { [storage] }
  var hasChecksum: Bool { true }
  var largestBuffer: Int { storage.largestBuffer }
}
