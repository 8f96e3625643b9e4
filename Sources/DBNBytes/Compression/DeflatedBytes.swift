/// The decompressed bytes of a DEFLATE stream: all, or all after a prefix.
package struct DeflatedBytes: Sendable {
  package let stream: ByteRegion
  private let format: Inflate.Format
  /// The decompressed size of the stream.
  private let wholeByteCount: Int
  private let skipped: Int
  /// The archive's name for the stream, for errors.
  private let record: String

  /// - Parameters:
  ///   - byteCount: the declared decompressed size of the stream.
  ///   - skipped: the size of the prefix to skip.
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

  /// The first bytes of the decompressed stream, at most `count`; the rest is not read.
  package func prefix(_ count: Int) throws(CheckpointError) -> ByteRegion {
    var reader = try InflateReader(stream, format, byteCount: wholeByteCount)
    defer { try? stream.slice(from: 0, count: 0).release() }
    return try next(min(count, wholeByteCount), of: &reader)
  }

  /// All bytes after the skipped prefix.
  package func inflated() throws(CheckpointError) -> ByteRegion {
    var reader = try start()
    let bytes = try next(byteCount, of: &reader)
    try finish(&reader)
    return bytes
  }

  /// Calls `body` with the bytes in pieces of `size`, the last possibly smaller, each with its
  /// offset.
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

  /// A tensor is decompressed while another file is written, so the error must name this one.
  private func inContext(_ error: CheckpointError) -> CheckpointError {
    error.with(path: stream.path, name: record)
  }
}
