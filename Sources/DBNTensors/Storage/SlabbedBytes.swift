/// Bytes that are computed slab by slab, in any order: rows of compressed chunks.
package struct SlabbedBytes: ByteSource {
  package let byteCount: Int
  package let storedValues: StoredValues
  /// The size of all slabs but the last.
  private let slabByteCount: Int
  private let fill:
    @Sendable (Range<Int>, UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Void

  /// Small slabs are computed several at a time, up to this many bytes.
  private let windowByteCount: Int

  /// - Parameters:
  ///   - windowByteCount: usually large enough that every core gets some slabs.
  ///   - fill: writes the bytes of a range of whole slabs into a zeroed buffer.
  package init(
    byteCount: Int, slabByteCount: Int, windowByteCount: Int = 4 << 20,
    storedValues: StoredValues = .present,
    _ fill:
      @escaping @Sendable (Range<Int>, UnsafeMutableRawBufferPointer) throws(CheckpointError) ->
      Void
  ) {
    self.byteCount = byteCount
    self.slabByteCount = max(1, min(slabByteCount, byteCount))
    self.windowByteCount = windowByteCount
    self.storedValues = storedValues
    self.fill = fill
  }

  /// The bytes kept in memory while reading in small pieces.
  package var sources: [TensorStorage] { [] }
  package var largestBuffer: Int {
    min(byteCount, max(slabByteCount, windowByteCount), TensorStorage.largestWhole)
  }

  package func bytes() throws(CheckpointError) -> ByteRegion {
    try ByteRegion(byteCount: byteCount) { target throws(CheckpointError) in
      if byteCount > 0 { try fill(0..<byteCount, target) }
    }
  }

  package func read(
    pieces size: Int, upTo limit: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    var window = Window(start: 0, bytes: ByteRegion([]))
    for start in stride(from: 0, to: limit, by: size) {
      let end = min(start + size, limit)
      if end > window.end { try move(&window, to: start..<end) }
      let piece = try window.bytes.slice(from: start - window.start, count: end - start)
      try piece.withBytes { bytes throws(CheckpointError) in try body(start, bytes) }
    }
  }

  /// Consecutive computed slabs.
  private struct Window {
    let start: Int
    let bytes: ByteRegion
    var end: Int { start + bytes.count }
  }

  /// Keeps the part of the piece that is already computed, and computes the slabs that contain the
  /// rest.
  private func move(_ window: inout Window, to piece: Range<Int>) throws(CheckpointError) {
    let known = try window.bytes.slice(
      from: piece.lowerBound - window.start, count: window.end - piece.lowerBound
    ).copied
    // The other bytes are freed before more are computed: a slab may be as large as the whole.
    window = Window(start: piece.lowerBound, bytes: known)
    let next = window.end..<endOfSlabs(reaching: piece)
    let bytes = try buffer(next.upperBound - window.start) { target throws(CheckpointError) in
      known.copy(to: target)
      try fill(next, UnsafeMutableRawBufferPointer(rebasing: target[known.count...]))
    }
    window = Window(start: piece.lowerBound, bytes: bytes)
  }

  /// Bytes that are filled in any order: in a temporary file if they are many, as a compressed chunk
  /// can be as large as its dataset.
  private func buffer(
    _ byteCount: Int,
    _ fill: (UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Void
  ) throws(CheckpointError) -> ByteRegion {
    byteCount > TensorStorage.largestWhole
      ? try TemporaryFile.filling(byteCount, path: "", fill)
      : try ByteRegion(byteCount: byteCount, fill)
  }

  private func endOfSlabs(reaching piece: Range<Int>) -> Int {
    let start = piece.lowerBound
    let least = max(piece.upperBound, start + min(windowByteCount, byteCount - start))
    let slabs = (least - 1) / slabByteCount + 1
    return slabs > byteCount / slabByteCount ? byteCount : slabs * slabByteCount
  }
}
