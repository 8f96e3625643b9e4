/// Bytes that a file should have and does not, because its end is missing: only for salvaging what
/// is left. Reading them is an error.
package struct LostBytes: ByteSource {
  package let byteCount: Int

  package init(byteCount: Int) {
    self.byteCount = byteCount
  }

  package func bytes() throws(CheckpointError) -> ByteRegion {
    throw CheckpointError(.truncated, "its bytes are in the part of the file that is missing")
  }
}
