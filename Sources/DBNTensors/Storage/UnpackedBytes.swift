import Synchronization

/// The bytes of a storage that a tensor is a part of, or has in another order: in place, or
/// decompressed into a temporary file; once, however many such tensors there are.
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
  var isReadOnce: Bool { !storage.isInPlace && views.load(ordering: .relaxed) <= 1 }

  /// All bytes; their checksum is compared the first time.
  func bytes() throws(CheckpointError) -> ByteRegion {
    if storage.isInPlace { return try storage.bytes() }
    if isReadOnce { return try storage.unpacked() }
    return try file.withLock { file throws(CheckpointError) in
      if let file { return file }
      let region = try storage.unpacked()
      file = region
      return region
    }
  }

  /// Calls `body` with the bytes in pieces, without keeping them.
  func readOnce(
    _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try storage.read(pieces: TensorStorage.pieceByteCount, body)
  }
}
