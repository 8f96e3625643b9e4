/// Bytes that lie compressed in a DEFLATE stream: all that it gives, or all but the first.
package struct DeflatedBytes: Sendable {
  package let stream: ByteRegion
  private let format: Inflate.Format
  /// What the stream gives.
  private let wholeByteCount: Int
  private let skipped: Int
  /// What the archive calls the stream, for errors.
  private let record: String

  /// - Parameters:
  ///   - byteCount: what the stream is declared to give.
  ///   - skipped: how many of these bytes stand before those that are meant.
  package init(
    _ stream: ByteRegion, _ format: Inflate.Format = .raw, byteCount: Int,
    skipping skipped: Int = 0, record: String
  ) {
    self.stream = stream
    self.format = format
    wholeByteCount = byteCount
    self.skipped = skipped
    self.record = record
  }

  package var byteCount: Int { wholeByteCount - skipped }

  /// The first of all bytes that the stream gives, at most `count`; what follows is not looked at.
  package func prefix(_ count: Int) throws(CheckpointError) -> ByteRegion {
    var reader = try InflateReader(stream, format, byteCount: wholeByteCount)
    defer { try? stream.slice(from: 0, count: 0).release() }
    return try next(min(count, wholeByteCount), of: &reader)
  }

  /// All that are meant.
  package func inflated() throws(CheckpointError) -> ByteRegion {
    var reader = try start()
    let bytes = try next(byteCount, of: &reader)
    try finish(&reader)
    return bytes
  }

  /// Hands out the bytes in pieces of `size`, the last one smaller, each with its offset.
  package func forEachPiece(
    of size: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    var reader = try start()
    for start in stride(from: 0, to: byteCount, by: size) {
      let piece = try next(min(size, byteCount - start), of: &reader)
      try piece.withBytes { bytes throws(CheckpointError) in try body(start, bytes) }
    }
    try finish(&reader)
  }

  private func start() throws(CheckpointError) -> InflateReader {
    var reader = try InflateReader(stream, format, byteCount: wholeByteCount)
    _ = try next(skipped, of: &reader)
    return reader
  }

  private func next(
    _ count: Int, of reader: inout InflateReader
  ) throws(CheckpointError) -> ByteRegion {
    do throws(CheckpointError) {
      return try ByteRegion(byteCount: count) { target throws(CheckpointError) in
        try reader.read(into: target)
      }
    } catch {
      throw inContext(error)
    }
  }

  private func finish(_ reader: inout InflateReader) throws(CheckpointError) {
    do throws(CheckpointError) {
      try reader.finish()
    } catch {
      throw inContext(error)
    }
  }

  /// By the time the bytes of a tensor are decompressed, another file is being written.
  private func inContext(_ error: CheckpointError) -> CheckpointError {
    error.with(path: stream.path, name: record)
  }
}
