extension TensorStorage {
  /// What is read, checked and given back at a time.
  package static let pieceByteCount = 1 << 20

  /// Lends the bytes for the duration of the call.
  ///
  /// - Throws: `checksumMismatch` when the file's checksum says that they are damaged.
  public func withBytes<Value>(
    _ body: (RawSpan) throws(CheckpointError) -> Value
  ) throws(CheckpointError) -> Value {
    try bytes().withBytes(body)
  }

  /// Hands out all bytes in order, each piece with its offset: one of `size` bytes at most. A mapped
  /// file's pages are given back along the way.
  ///
  /// A recorded checksum is compared at the end: on an error, what was done with the pieces is to be
  /// undone.
  ///
  /// - Parameter budget: shared by all storages that are read at the same time.
  package func read(
    pieces size: Int, within budget: MemoryBudget,
    _ body: (_ offset: Int, _ piece: RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try withRoom(in: budget) { () throws(CheckpointError) in try read(pieces: size, body) }
  }

  /// Whether both have the same bytes, whatever they mean.
  ///
  /// - Parameter progress: called along the way with the number of bytes that were just compared.
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
    // The one that takes less memory in pieces is read in pieces.
    guard largestBuffer <= other.largestBuffer else {
      return try other.hasEqualBytes(to: self, within: budget, progress: progress)
    }
    let theirs = try other.bytes()
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

  /// Gives back the memory of the file that the bytes lie in, if they do: it is not read for now.
  package func releaseFile() { origin?.releaseFile() }

  /// Opens the bytes before their checksum was compared: for a caller that reads all of them,
  /// computes the checksum meanwhile, and has it compared by `accept`.
  package func openedUnchecked() throws(CheckpointError) -> any RandomAccessBytes {
    try source.opened()
  }
}

/// What others are made of: the source's bytes, checked.
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
  package var origin: ByteRegion? { source.origin }
  package var largestBuffer: Int { source.largestBuffer }
}
