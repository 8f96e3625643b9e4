internal import DBNTensors

/// Decompression of LZF, the filter 32000 of h5py: runs of literal bytes, and copies of earlier
/// output.
///
/// Source: `lzf_decompress` in `lzf_d.c` of LibLZF, which h5py bundles. A control byte below 32 is
/// followed by one literal more than its value; in any other, the top three bits are a length less
/// two (7: a byte is added to it), and the lower five with the next byte are a distance less one.
enum LZF {
  /// The most bytes that one compressed byte can expand to: 264 for three bytes.
  static let maximumRatio = 88

  /// Decompresses `source` into `target`.
  ///
  /// - Returns: the number of bytes written.
  /// - Throws: `invalidChunk` if the source ends early, refers to bytes before the output, or does
  ///   not fit in the target.
  static func decompress(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) -> Int {
    var (read, written) = (0, 0)
    while read < source.count {
      let control = Int(source[read])
      read += 1
      guard control >= 32 else {
        let count = control + 1
        guard count <= source.count - read, count <= target.count - written else { throw invalid() }
        for index in 0..<count { target[written + index] = source[read + index] }
        read += count
        written += count
        continue
      }
      var count = control >> 5
      if count == 7 {
        guard read < source.count else { throw invalid() }
        count += Int(source[read])
        read += 1
      }
      count += 2
      guard read < source.count else { throw invalid() }
      let distance = (control & 0x1F) << 8 | Int(source[read])
      read += 1
      let start = written - distance - 1
      guard start >= 0, count <= target.count - written else { throw invalid() }
      // Byte by byte: a copy may overlap what it writes.
      for index in 0..<count { target[written + index] = target[start + index] }
      written += count
    }
    return written
  }

  private static func invalid() -> CheckpointError {
    CheckpointError(.invalidChunk, "a chunk is not valid LZF")
  }
}
