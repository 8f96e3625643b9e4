/// Bytes of which any part can be read without what comes before it, from any thread.
package protocol RandomAccessBytes: Sendable {
  /// The bytes from `start`, `count` of them: whole elements, where the elements were converted.
  ///
  /// - Throws: `truncated` where there are fewer.
  func slice(from start: Int, count: Int) throws(CheckpointError) -> ByteRegion
}

extension ByteRegion: RandomAccessBytes {}
