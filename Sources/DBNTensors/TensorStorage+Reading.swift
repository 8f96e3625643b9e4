import Glibc
import Synchronization

extension TensorStorage {
  /// What is read, checked and given back at a time.
  package static let pieceByteCount = 1 << 20

  /// Lends the bytes for the duration of the call.
  ///
  /// - Throws: `checksumMismatch` when the file's checksum says that they are damaged.
  public func withBytes<Value>(
    _ body: (RawSpan) throws(CheckpointError) -> Value
  ) throws(CheckpointError) -> Value {
    try verifiedBytes().withBytes(body)
  }

  /// Whether both have the same bytes, whatever they mean.
  ///
  /// - Parameter progress: called along the way with the number of bytes that were just compared.
  public func hasEqualBytes(
    to other: TensorStorage, progress: (Int) -> Void = { _ in }
  ) throws(CheckpointError) -> Bool {
    if self === other { return true }
    guard byteCount == other.byteCount else { return false }
    // The one that takes less memory in pieces is read in pieces.
    guard largestBuffer <= other.largestBuffer else {
      return try other.hasEqualBytes(to: self, progress: progress)
    }
    let theirs = try other.verifiedBytes()
    var isEqual = true
    try forEachUncheckedPiece(of: Self.pieceByteCount) { start, piece throws(CheckpointError) in
      guard isEqual else { return }
      let other = try theirs.slice(from: start, count: piece.byteCount)
      isEqual = other.withBytes { piece.hasEqualBytes(to: $0) }
      other.release()
      progress(piece.byteCount)
    }
    return isEqual
  }

  /// Hands out the bytes in pieces of `size` bytes, the last one smaller, in order, each with its
  /// offset, and returns the CRC-32 of all: one pass over memory for a check and a copy.
  ///
  /// The checksum is compared with the recorded one at the end: on an error, what was done with
  /// the pieces is to be undone. A mapped file's pages are given back along the way. Of tensors that
  /// are large and have to be computed, one is in memory at a time, whatever the number of threads.
  package func forEachPiece(
    of size: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) -> UInt32 {
    guard largestBuffer > Self.largeByteCount else { return try scan(of: size, body) }
    return try Self.largeOnes.withLock { _ throws(CheckpointError) in try scan(of: size, body) }
  }

  /// The same for those who keep no checksum: one is computed only where the file records one.
  package func forEachUncheckedPiece(
    of size: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    guard checksum.recorded == nil else {
      _ = try forEachPiece(of: size, body)
      return
    }
    guard largestBuffer > Self.largeByteCount else { return try pieces(of: size, body) }
    try Self.largeOnes.withLock { _ throws(CheckpointError) in try pieces(of: size, body) }
  }

  /// `forEachPiece` for use while another storage is computed: does not wait for other threads.
  @discardableResult
  package func scan(
    of size: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) -> UInt32 {
    var found = CRC32()
    try pieces(of: size) { start, bytes throws(CheckpointError) in
      found.update(bytes)
      try body(start, bytes)
    }
    return try accept(found.value)
  }

  /// Hands out the first `count` bytes in pieces, as `scan` does. Where the file has a checksum of
  /// all bytes, the rest is read for it too.
  package func scanPrefix(
    _ count: Int, of size: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    guard hasChecksum else { return try pieces(of: size, upTo: count, body) }
    try scan(of: size) { start, bytes throws(CheckpointError) in
      guard start < count else { return }
      try body(start, bytes.extracting(first: min(bytes.byteCount, count - start)))
    }
  }

  /// The bytes of the largest buffer that is needed to hand out pieces.
  private var largestBuffer: Int {
    switch source {
    case .region, .deflated: 0
    case .part(_, let whole): whole.largestBuffer
    case .converted(let source, _): source.largestBuffer
    case .slabs(let bytes): bytes.largestBuffer
    case .computed(let byteCount, _): byteCount
    }
  }

  /// All cores together may hold this many bytes of tensors that are not large.
  private static let largeByteCount = (32 << 20) / max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  private static let largeOnes = Mutex<Void>(())

  /// - Parameter limit: how many bytes are wanted at least; a stream is read to its end.
  private func pieces(
    of size: Int, upTo limit: Int = .max, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let limit = min(limit, byteCount)
    switch source {
    case .deflated(let bytes): try bytes.forEachPiece(of: size, body)
    case .slabs(let bytes): try bytes.forEachPiece(of: size, upTo: limit, body)
    case .converted(let source, let conversion):
      let count = max(1, size / max(conversion.from, conversion.to))
      try source.scanPrefix(
        limit / conversion.to * conversion.from, of: count * conversion.from
      ) { start, bytes throws(CheckpointError) in
        let piece = try conversion.apply(to: bytes)
        try piece.withBytes { bytes throws(CheckpointError) in
          try body(start / conversion.from * conversion.to, bytes)
        }
      }
    case .region, .part, .computed:
      try materialised().slice(from: 0, count: limit).forEachPiece(of: size, body)
    }
  }

  /// Says that the file that the bytes lie in, if they do, is not read for now.
  package func releaseFile() { origin?.releaseFile() }

  /// The bytes, whose checksum was compared.
  package func verifiedBytes() throws(CheckpointError) -> ByteRegion {
    let region = try materialised()
    if checksum.recorded != nil { _ = try crc32(of: region) }
    return region
  }

  /// The bytes in one run, in place where they lie so, before their checksum was compared.
  func materialised() throws(CheckpointError) -> ByteRegion {
    switch source {
    case .region(let region): return region
    case .part(let region, let whole):
      if whole.checksum.recorded != nil { _ = try whole.crc32() }
      return region
    case .deflated(let bytes): return try bytes.inflated()
    case .slabs(let bytes): return try bytes.all()
    case .computed(let byteCount, let fill):
      return try ByteRegion(byteCount: byteCount, fill)
    case .converted:
      return try ByteRegion(byteCount: byteCount) { target throws(CheckpointError) in
        try pieces(of: Self.pieceByteCount) { start, bytes in
          bytes.withUnsafeBytes { piece in
            UnsafeMutableRawBufferPointer(rebasing: target[start...]).copyMemory(from: piece)
          }
        }
      }
    }
  }
}
