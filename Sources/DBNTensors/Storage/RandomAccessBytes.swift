/// Bytes with random access, from any thread.
package protocol RandomAccessBytes: Sendable {
  /// `count` bytes from `start`; these must be whole elements if the elements are converted.
  ///
  /// - Throws: `truncated` if there are fewer.
  func slice(from start: Int, count: Int) throws(CheckpointError) -> ByteRegion
}

extension ByteRegion: RandomAccessBytes {}
