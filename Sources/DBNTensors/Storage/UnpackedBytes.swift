import Synchronization

/// The bytes of a storage of which several tensors are parts: in place, or decompressed once into a
/// temporary file, however many tensors there are.
package final class UnpackedBytes: Sendable {
  package let storage: TensorStorage
  private let views = Atomic(0)
  private let file = Mutex<ByteRegion?>(nil)

  package init(_ storage: TensorStorage) {
    self.storage = storage
  }

  /// Counts a tensor that is a part of these bytes.
  ///
  /// - Returns: how many there are.
  package func addView() -> Int { views.add(1, ordering: .relaxed).newValue }

  /// Whether the bytes are compressed and only one tensor needs them, so that they are not kept.
  package var isReadOnce: Bool { storage.region == nil && views.load(ordering: .relaxed) <= 1 }

  /// All bytes; their checksum is compared the first time.
  package func bytes() throws(CheckpointError) -> ByteRegion {
    if storage.region != nil { return try storage.bytes() }
    return try file.withLock { file throws(CheckpointError) in
      if let file { return file }
      let region = try TemporaryFile.holding(path: storage.origin?.path ?? "") {
        target throws(CheckpointError) in
        try readOnce { _, piece throws(CheckpointError) in try target.append(piece) }
      }
      file = region
      return region
    }
  }

  /// Calls `body` with the bytes in pieces, without keeping them.
  package func readOnce(
    _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try storage.read(pieces: TensorStorage.pieceByteCount, body)
  }
}
