extension TensorStorage {
  /// The number of bytes that are read, checked and released at a time.
  package static let pieceByteCount = 1 << 20

  /// Calls `body` with the bytes, which are valid only during the call. Many that are compressed or
  /// computed are in a temporary file meanwhile, not in memory.
  ///
  /// - Throws: `checksumMismatch` if the bytes do not match the file's checksum; `system` if there is
  ///   no room for a temporary file.
  public func withBytes<Value>(
    _ body: (RawSpan) throws(CheckpointError) -> Value
  ) throws(CheckpointError) -> Value {
    try wholeBytes().withBytes(body)
  }

  /// Calls `body` with all bytes in order, in pieces of at most `size` bytes, each with its offset.
  /// A mapped file's pages are released along the way.
  ///
  /// A recorded checksum is compared at the end: on an error, the caller must undo what it did with
  /// the pieces.
  ///
  /// - Parameter budget: shared by all storages that are read at the same time.
  package func read(
    pieces size: Int, within budget: MemoryBudget,
    _ body: (_ offset: Int, _ piece: RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try withRoom(in: budget) { () throws(CheckpointError) in try read(pieces: size, body) }
  }

  /// Whether both have the same bytes, whatever their scalar types.
  ///
  /// - Parameter progress: called during the comparison with the number of bytes just compared.
  public func hasEqualBytes(
    to other: TensorStorage, progress: (Int) -> Void = { _ in }
  ) throws(CheckpointError) -> Bool {
    try hasEqualBytes(to: other, within: nil, progress: progress)
  }

  package func hasEqualBytes(
    to other: TensorStorage, within budget: MemoryBudget?, progress: (Int) -> Void = { _ in }
  ) throws(CheckpointError) -> Bool {
    if self === other { return true }
    guard byteCount == other.byteCount else { return false }
    // The storage that needs less memory for it is read in pieces.
    guard isInPlace ? other.isInPlace : other.isInPlace || largestBuffer <= other.largestBuffer
    else { return try other.hasEqualBytes(to: self, within: budget, progress: progress) }
    let theirs = try other.wholeBytes()
    var isEqual = true
    try withRoom(in: budget) { () throws(CheckpointError) in
      try read(pieces: Self.pieceByteCount) { start, piece throws(CheckpointError) in
        guard isEqual else { return }
        let other = try theirs.slice(from: start, count: piece.byteCount)
        isEqual = other.withBytes { piece.hasEqualBytes(to: $0) }
        other.release()
        progress(piece.byteCount)
      }
    }
    return isEqual
  }

  func withRoom<Value: Sendable>(
    in budget: MemoryBudget?, _ body: () throws(CheckpointError) -> Value
  ) throws(CheckpointError) -> Value {
    guard let budget else { return try body() }
    return try budget.withRoom(for: largestBuffer, body)
  }

  /// Releases the memory of the mapped file that contains the bytes, if any: it is not needed for
  /// now.
  package func releaseFile() { origin?.releaseFile() }

  /// Opens the bytes without comparing their checksum: for a caller that reads all of them,
  /// computes the checksum meanwhile, and passes it to `accept`.
  package func openedUnchecked() throws(CheckpointError) -> any RandomAccessBytes {
    try source.opened()
  }
}

/// As a source for other storages: the source's bytes, checked.
extension TensorStorage: ByteSource {
  private var checked: any ByteSource {
    checksum.recorded == nil ? source : CheckedBytes(storage: self)
  }

  package func bytes() throws(CheckpointError) -> ByteRegion { try checked.bytes() }

  package func read(
    pieces size: Int, upTo count: Int,
    _ body: (_ offset: Int, _ piece: RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try checked.read(pieces: size, upTo: count, body)
  }

  package func opened() throws(CheckpointError) -> any RandomAccessBytes { try checked.opened() }

  package var isInPlace: Bool { source.isInPlace }
  package var openedByteCount: Int { source.openedByteCount }
  package var origin: ByteRegion? { source.origin }
  package var sources: [TensorStorage] { source.sources }
  package var largestBuffer: Int { source.largestBuffer }
}
