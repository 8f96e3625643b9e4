/// The source of a tensor's bytes: a part of a file, an array, or a computation that is repeated on
/// each read.
///
/// The bytes can be read as a whole, or in order, piece by piece, which takes less memory if they
/// are computed. A source does not check checksums itself; it reads the storages that it is made of
/// by methods that check theirs.
package protocol ByteSource: Sendable {
  var byteCount: Int { get }

  /// All bytes, contiguous: in place where they are stored so, otherwise in a new buffer.
  func bytes() throws(CheckpointError) -> ByteRegion

  /// Calls `body` with the first `count` bytes in order, piece by piece, each with its offset.
  ///
  /// - Parameters:
  ///   - size: the bytes of a piece, at most.
  ///   - count: at most `byteCount`.
  func read(
    pieces size: Int, upTo count: Int,
    _ body: (_ offset: Int, _ piece: RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError)

  /// The same bytes in a form that allows random access.
  func opened() throws(CheckpointError) -> any RandomAccessBytes

  /// Whether `bytes` takes no memory: they are stored as they are.
  var isInPlace: Bool { get }
  /// The memory that `opened` takes: none if the bytes are stored in a file as they are.
  var openedByteCount: Int { get }
  /// The part of a file that these bytes are, or are computed from: for errors, and to release its
  /// memory. nil if there is no file, or several.
  var origin: ByteRegion? { get }
  /// The storages that these bytes are part of or computed from; without a default, since what a file
  /// says of these bytes is found through them.
  var sources: [TensorStorage] { get }
  /// Whether a file has a checksum of bytes that these are part of or computed from.
  var hasChecksum: Bool { get }
  /// Whether a file holds values for the bytes.
  var storedValues: StoredValues { get }
  /// The size of the largest buffer that reading in small pieces needs.
  var largestBuffer: Int { get }
}

extension ByteSource {
  package func read(
    pieces size: Int, upTo count: Int,
    _ body: (_ offset: Int, _ piece: RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try bytes().slice(from: 0, count: count).forEachPiece(of: size, body)
  }

  /// Calls `body` with all bytes, piece by piece.
  package func read(
    pieces size: Int, _ body: (_ offset: Int, _ piece: RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try read(pieces: size, upTo: byteCount, body)
  }

  package func opened() throws(CheckpointError) -> any RandomAccessBytes { try wholeBytes() }

  /// All bytes, in a temporary file if they are not in one and many.
  package func wholeBytes() throws(CheckpointError) -> ByteRegion {
    isInPlace || byteCount <= TensorStorage.largestWhole ? try bytes() : try unpacked()
  }

  /// The memory that `wholeBytes` takes.
  var wholeBuffer: Int { isInPlace ? 0 : min(byteCount, TensorStorage.largestWhole) }

  /// All bytes in a temporary file.
  package func unpacked() throws(CheckpointError) -> ByteRegion {
    try TemporaryFile.holding(path: origin?.path ?? "") { file throws(CheckpointError) in
      try read(pieces: TensorStorage.pieceByteCount) { _, piece throws(CheckpointError) in
        try file.append(piece)
      }
    }
  }

  package var isInPlace: Bool { false }
  package var openedByteCount: Int { wholeBuffer }
  package var origin: ByteRegion? { nil }
  package var largestBuffer: Int { byteCount }
}

extension TensorStorage {
  /// The largest bytes that are made in memory as a whole.
  static let largestWhole = 64 << 20
}
