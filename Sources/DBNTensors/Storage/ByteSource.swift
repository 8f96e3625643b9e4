/// What a tensor's bytes come from: a part of a file, an array, or a computation that is made whenever
/// they are asked for.
///
/// There are two ways to the bytes: all of them in one run, or in order, piece by piece, which takes
/// less memory where they are computed. A source knows nothing of checksums, but that it reads the
/// storages it is made of by ways that check theirs.
package protocol ByteSource: Sendable {
  var byteCount: Int { get }

  /// All bytes in one run: in place where they lie so, in a buffer of their own otherwise.
  func bytes() throws(CheckpointError) -> ByteRegion

  /// Hands out the first `count` bytes in order, each piece with its offset.
  ///
  /// - Parameters:
  ///   - size: bytes of a piece, at most; the last one can be smaller.
  ///   - count: at most `byteCount`.
  func read(
    pieces size: Int, upTo count: Int,
    _ body: (_ offset: Int, _ piece: RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError)

  /// The same bytes in a form in which any part can be read without what comes before it.
  func opened() throws(CheckpointError) -> any RandomAccessBytes

  /// Whether `opened` takes no memory, since the bytes lie in a file as they are.
  var isInPlace: Bool { get }
  /// The bytes of the file that these are, or are made from: for errors, and to give their memory
  /// back. nil where they are of no file, or of several.
  var origin: ByteRegion? { get }
  /// Whether a file has a checksum of the bytes that these are part of or made from.
  var hasChecksum: Bool { get }
  /// The bytes of the largest buffer that handing out small pieces takes.
  var largestBuffer: Int { get }
}

extension ByteSource {
  package func read(
    pieces size: Int, upTo count: Int,
    _ body: (_ offset: Int, _ piece: RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try bytes().slice(from: 0, count: count).forEachPiece(of: size, body)
  }

  /// Hands out all bytes.
  package func read(
    pieces size: Int, _ body: (_ offset: Int, _ piece: RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try read(pieces: size, upTo: byteCount, body)
  }

  package func opened() throws(CheckpointError) -> any RandomAccessBytes { try bytes() }

  package var isInPlace: Bool { false }
  package var origin: ByteRegion? { nil }
  package var hasChecksum: Bool { false }
  package var largestBuffer: Int { byteCount }
}
