/// Bytes that a file should have and does not, because its end is missing: only for salvaging what
/// is left. Reading them is an error.
struct LostBytes: ByteSource {
  let byteCount: Int
  var sources: [TensorStorage] { [] }

  func bytes() throws(CheckpointError) -> ByteRegion {
    throw CheckpointError(.truncated, "its bytes are in the part of the file that is missing")
  }
}

extension TensorStorage {
  /// Bytes that are in the missing part of a file.
  package static func lost(byteCount: Int) -> TensorStorage {
    TensorStorage(LostBytes(byteCount: byteCount))
  }

  /// Whether reading the bytes is an error, because they are in the missing part of a file.
  package var isLost: Bool { source is LostBytes }
}
