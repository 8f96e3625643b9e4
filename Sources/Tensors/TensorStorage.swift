import Synchronization

/// The contiguous little-endian bytes of a tensor, lying somewhere: in a mapped file, in memory, or
/// made when asked for.
///
/// Two tensors with the same storage *object* are tied: the same parameter under two names. Nothing
/// is read, computed or checked before the bytes are asked for.
public final class TensorStorage: Sendable {
  private enum Source {
    case region(ByteRegion)
    case part(ByteRegion, whole: TensorStorage)
    case converted(TensorStorage, Conversion)
    case computed(@Sendable (UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Void)
  }

  /// How each element of one storage becomes one of another.
  package struct Conversion: Sendable {
    /// The sizes of an element in bytes, before and after.
    let from: Int
    let to: Int
    /// Converts as many elements as there are; called for consecutive pieces.
    let convert: @Sendable (RawSpan, UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Void

    package init(
      from: Int, to: Int,
      _ convert:
        @escaping @Sendable (RawSpan, UnsafeMutableRawBufferPointer)
        throws(CheckpointError) -> Void
    ) {
      self.from = from
      self.to = to
      self.convert = convert
    }
  }

  public let byteCount: Int
  private let source: Source
  /// The checksum that the file records for these bytes, if any.
  private let expectedCRC32: UInt32?
  /// Where the bytes come from in a file, for errors.
  private let origin: ByteRegion?
  /// What the file calls these bytes, for errors.
  private let record: String?
  private let damageAdvice: String
  /// The checksum of the bytes, once known and found to be as expected.
  private let verifiedCRC32 = Mutex<UInt32?>(nil)

  /// What to do about a wrong checksum, where the format has nothing to add.
  package static let damageAdvice = "the file is damaged or was edited; get it again"

  /// Bytes that lie in memory or in a mapped file. `crc32` is enforced when they are first read.
  public convenience init(_ region: ByteRegion, crc32: UInt32? = nil, record: String? = nil) {
    self.init(region, crc32: crc32, record: record, damageAdvice: TensorStorage.damageAdvice)
  }

  package init(_ region: ByteRegion, crc32: UInt32?, record: String?, damageAdvice: String) {
    byteCount = region.count
    source = .region(region)
    origin = region
    expectedCRC32 = crc32
    self.record = record
    self.damageAdvice = damageAdvice
  }

  /// Bytes that are part of the bytes of `whole`, whose checksum is enforced before they are lent.
  package init(_ part: ByteRegion, of whole: TensorStorage) {
    byteCount = part.count
    source = .part(part, whole: whole)
    origin = part
    expectedCRC32 = nil
    record = whole.record
    damageAdvice = whole.damageAdvice
  }

  /// Bytes that `fill` writes into a zeroed buffer each time they are read; they are not kept.
  package init(
    computing byteCount: Int, from origin: ByteRegion? = nil, crc32: UInt32? = nil,
    record: String? = nil, damageAdvice: String = TensorStorage.damageAdvice,
    _ fill: @escaping @Sendable (UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Void
  ) {
    self.byteCount = byteCount
    source = .computed(fill)
    self.origin = origin
    expectedCRC32 = crc32
    self.record = record
    self.damageAdvice = damageAdvice
  }

  /// The elements of `source`, converted piece by piece whenever they are read.
  package init(_ source: TensorStorage, converting conversion: Conversion) {
    byteCount = source.byteCount / conversion.from * conversion.to
    self.source = .converted(source, conversion)
    origin = nil
    expectedCRC32 = nil
    record = nil
    damageAdvice = source.damageAdvice
  }

  /// Lends the bytes for the duration of the call.
  ///
  /// - Throws: `checksumMismatch` when the file's checksum says that they are damaged.
  public func withBytes<Value>(
    _ body: (RawSpan) throws(CheckpointError) -> Value
  ) throws(CheckpointError) -> Value {
    let region = try materialised()
    if expectedCRC32 != nil { _ = try checksum(of: region) }
    return try region.withBytes(body)
  }

  /// Whether the file has a checksum of these bytes, or of those they are part of or made from.
  public var hasChecksum: Bool {
    switch source {
    case .part(_, let whole): whole.hasChecksum
    case .converted(let source, _): source.hasChecksum
    case .region, .computed: expectedCRC32 != nil
    }
  }

  /// The CRC-32 of the bytes, computed once.
  ///
  /// - Throws: `checksumMismatch`, as `withBytes`.
  public func crc32() throws(CheckpointError) -> UInt32 {
    if let known = verifiedCRC32.withLock({ $0 }) { return known }
    return try checksum(of: materialised())
  }

  /// Hands out the bytes in pieces of at most `size` bytes, in order, each with its offset, and
  /// returns the CRC-32 of all: one pass over memory for a check and a copy.
  ///
  /// The checksum is compared with the recorded one at the end: on an error, what was done with
  /// the pieces is to be undone. A mapped file's pages are given back along the way.
  package func forEachPiece(
    of size: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) -> UInt32 {
    var checksum = CRC32()
    try pieces(of: size) { start, bytes throws(CheckpointError) in
      checksum.update(bytes)
      try body(start, bytes)
    }
    return try accept(checksum.value)
  }

  /// The same for those who keep no checksum: one is computed only where the file records one.
  package func forEachUncheckedPiece(
    of size: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    if expectedCRC32 == nil {
      try pieces(of: size, body)
    } else {
      _ = try forEachPiece(of: size, body)
    }
  }

  private func pieces(
    of size: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    switch source {
    case .converted(let source, let conversion):
      try convertedPieces(of: size, from: source, conversion, body)
    case .computed where byteCount > Self.largeByteCount:
      // One at a time, or memory would grow with the number of threads.
      try Self.largeOnes.withLock { _ throws(CheckpointError) in
        try materialised().forEachPiece(of: size, body)
      }
    default: try materialised().forEachPiece(of: size, body)
    }
  }

  private static let largeByteCount = 16 << 20
  private static let largeOnes = Mutex<Void>(())

  private func convertedPieces(
    of size: Int, from source: TensorStorage, _ conversion: Conversion,
    _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let count = max(1, size / max(conversion.from, conversion.to))
    _ = try source.forEachPiece(of: count * conversion.from) {
      start, bytes throws(CheckpointError) in
      let elements = bytes.byteCount / conversion.from
      let piece = try ByteRegion(byteCount: elements * conversion.to) {
        target throws(CheckpointError) in
        try conversion.convert(bytes, target)
      }
      try piece.withBytes { bytes throws(CheckpointError) in
        try body(start / conversion.from * conversion.to, bytes)
      }
    }
  }

  /// Whether both have the same bytes, whatever they mean.
  public func hasEqualBytes(to other: TensorStorage) throws(CheckpointError) -> Bool {
    if self === other { return true }
    return try withBytes { mine throws(CheckpointError) in
      try other.withBytes { mine.hasEqualBytes(to: $0) }
    }
  }

  /// The bytes, before their checksum was compared: who asks for them computes it on the way, and
  /// hands it to `accept` at the end.
  package func unverifiedBytes() throws(CheckpointError) -> ByteRegion { try materialised() }

  private func materialised() throws(CheckpointError) -> ByteRegion {
    switch source {
    case .region(let region): return region
    case .part(let region, let whole):
      try whole.verify()
      return region
    case .computed(let fill): return try ByteRegion(byteCount: byteCount, fill)
    case .converted:
      return try ByteRegion(byteCount: byteCount) { target throws(CheckpointError) in
        try pieces(of: 1 << 20) { start, bytes in
          bytes.withUnsafeBytes { piece in
            UnsafeMutableRawBufferPointer(rebasing: target[start...]).copyMemory(from: piece)
          }
        }
      }
    }
  }

  private func verify() throws(CheckpointError) {
    if expectedCRC32 != nil { _ = try crc32() }
  }

  private func checksum(of region: ByteRegion) throws(CheckpointError) -> UInt32 {
    if let known = verifiedCRC32.withLock({ $0 }) { return known }
    return try accept(region.withBytes { CRC32.of($0) })
  }

  /// Compares the checksum of the bytes with the recorded one.
  package func accept(_ crc32: UInt32) throws(CheckpointError) -> UInt32 {
    if let expectedCRC32, expectedCRC32 != crc32 {
      throw CheckpointError(
        .checksumMismatch, path: origin?.path, offset: origin?.fileOffset,
        "\(record ?? "the bytes") should have CRC-32 \(expectedCRC32.hexadecimal) and "
          + "\(record == nil ? "have" : "has") \(crc32.hexadecimal)",
        advice: damageAdvice)
    }
    verifiedCRC32.withLock { $0 = crc32 }
    return crc32
  }
}
