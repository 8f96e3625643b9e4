/// Bytes that are computed as a whole on each read.
package protocol ComputedBytes: ByteSource {
  /// Writes the bytes into a buffer of `byteCount` zeros.
  func fill(_ target: UnsafeMutableRawBufferPointer) throws(CheckpointError)
}

extension ComputedBytes {
  package func bytes() throws(CheckpointError) -> ByteRegion {
    try ByteRegion(byteCount: byteCount, fill)
  }
}

/// Bytes that a closure computes: a format's own kind of view, for example.
struct ClosureBytes: ComputedBytes {
  let byteCount: Int
  let sources: [TensorStorage]
  let body: @Sendable (UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Void

  func fill(_ target: UnsafeMutableRawBufferPointer) throws(CheckpointError) { try body(target) }
}
