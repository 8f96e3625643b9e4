/// Bytes that are decompressed on each read, piece by piece if possible.
extension DeflatedBytes: ByteSource {
  package func bytes() throws(CheckpointError) -> ByteRegion { try inflated() }

  /// Decompresses the stream to its end in any case, so that damage beyond `count` is found.
  package func read(
    pieces size: Int, upTo count: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try forEachPiece(of: size) { start, piece throws(CheckpointError) in
      guard start < count else { return }
      try body(start, piece.extracting(first: min(piece.byteCount, count - start)))
    }
  }

  package var origin: ByteRegion? { stream }
  package var sources: [TensorStorage] { [] }
  package var largestBuffer: Int { 0 }
}
