import Synchronization

/// The contiguous little-endian bytes of a tensor, lying somewhere: in a mapped file, in memory, or
/// made when asked for.
///
/// Two tensors with the same storage *object* are tied: the same parameter under two names. Nothing
/// is read, computed or checked before the bytes are asked for.
public final class TensorStorage: Sendable {
  /// Indirect but for what most are: there can be very many.
  enum Source {
    case region(ByteRegion)
    indirect case part(ByteRegion, whole: TensorStorage)
    indirect case deflated(DeflatedBytes)
    indirect case slabs(SlabbedBytes)
    indirect case converted(TensorStorage, Conversion)
    indirect case computed(
      @Sendable (UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Void)
  }

  public let byteCount: Int
  let source: Source
  /// The checksum that the file records for these bytes, if any.
  let expectedCRC32: UInt32?
  /// What the file calls these bytes, for errors.
  private let record: String?
  private let damageAdvice: String
  /// The checksum of the bytes, once known and found to be as expected.
  private let verifiedCRC32 = Mutex<UInt32?>(nil)

  /// What to do about a wrong checksum, where the format has nothing to add.
  package static let damageAdvice = "the file is damaged or was edited; get it again"

  private init(
    _ source: Source, byteCount: Int, crc32: UInt32? = nil, record: String? = nil,
    damageAdvice: String = TensorStorage.damageAdvice
  ) {
    self.byteCount = byteCount
    self.source = source
    expectedCRC32 = crc32
    self.record = record
    self.damageAdvice = damageAdvice
  }

  /// Bytes that lie in memory or in a mapped file. `crc32` is enforced when they are first read.
  public convenience init(_ region: ByteRegion, crc32: UInt32? = nil, record: String? = nil) {
    self.init(region, crc32: crc32, record: record, damageAdvice: TensorStorage.damageAdvice)
  }

  package convenience init(
    _ region: ByteRegion, crc32: UInt32?, record: String?, damageAdvice: String
  ) {
    self.init(
      .region(region), byteCount: region.count, crc32: crc32, record: record,
      damageAdvice: damageAdvice)
  }

  /// Bytes that are part of the bytes of `whole`, whose checksum is enforced before they are lent.
  package convenience init(_ part: ByteRegion, of whole: TensorStorage) {
    self.init(
      .part(part, whole: whole), byteCount: part.count, record: whole.record,
      damageAdvice: whole.damageAdvice)
  }

  /// Bytes that are decompressed each time they are read, piece by piece where that will do; they
  /// are not kept.
  package convenience init(
    inflating bytes: DeflatedBytes, crc32: UInt32? = nil, record: String? = nil
  ) {
    self.init(.deflated(bytes), byteCount: bytes.byteCount, crc32: crc32, record: record)
  }

  /// Bytes that are computed each time they are read, some slabs at a time where that will do; they
  /// are not kept.
  package convenience init(
    computing bytes: SlabbedBytes, crc32: UInt32? = nil, record: String? = nil,
    damageAdvice: String = TensorStorage.damageAdvice
  ) {
    self.init(
      .slabs(bytes), byteCount: bytes.byteCount, crc32: crc32, record: record,
      damageAdvice: damageAdvice)
  }

  /// Bytes that `fill` writes into a zeroed buffer each time they are read; they are not kept.
  ///
  /// What `fill` needs of other storages it gets by their `scan` or `verifiedBytes`.
  package convenience init(
    computing byteCount: Int, crc32: UInt32? = nil, record: String? = nil,
    damageAdvice: String = TensorStorage.damageAdvice,
    _ fill: @escaping @Sendable (UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Void
  ) {
    self.init(
      .computed(fill), byteCount: byteCount, crc32: crc32, record: record,
      damageAdvice: damageAdvice)
  }

  /// The elements of `source`, converted piece by piece whenever they are read.
  ///
  /// - Parameter crc32: of the converted bytes, if the file records it.
  package convenience init(
    _ source: TensorStorage, converting conversion: Conversion, crc32: UInt32? = nil
  ) {
    self.init(
      .converted(source, conversion),
      byteCount: source.byteCount / conversion.from * conversion.to, crc32: crc32,
      record: source.record, damageAdvice: source.damageAdvice)
  }

  /// Where the bytes come from in a file, for errors.
  var origin: ByteRegion? {
    switch source {
    case .region(let region), .part(let region, _): region
    case .deflated(let bytes): bytes.stream
    case .converted(let source, _): source.origin
    case .slabs, .computed: nil
    }
  }

  /// The bytes in place, unchecked, where they are stored as they are and as a whole.
  package var region: ByteRegion? {
    guard case .region(let region) = source else { return nil }
    return region
  }

  /// Whether the file has a checksum of these bytes, or of those they are part of or made from.
  public var hasChecksum: Bool {
    switch source {
    case .part(_, let whole): whole.hasChecksum
    case .converted(let source, _): expectedCRC32 != nil || source.hasChecksum
    case .region, .deflated, .slabs, .computed: expectedCRC32 != nil
    }
  }

  /// The CRC-32 of the bytes, computed once.
  ///
  /// - Throws: `checksumMismatch`, as `withBytes`.
  public func crc32() throws(CheckpointError) -> UInt32 {
    if let known = verifiedCRC32.withLock({ $0 }) { return known }
    return try forEachPiece(of: Self.pieceByteCount) { _, _ in }
  }

  /// The CRC-32 of these bytes of the storage, computed once.
  func crc32(of region: ByteRegion) throws(CheckpointError) -> UInt32 {
    if let known = verifiedCRC32.withLock({ $0 }) { return known }
    var checksum = CRC32()
    try region.forEachPiece(of: Self.pieceByteCount) { checksum.update($1) }
    return try accept(checksum.value)
  }

  /// Compares the checksum of the bytes with the recorded one.
  package func accept(_ crc32: UInt32) throws(CheckpointError) -> UInt32 {
    if let expectedCRC32, expectedCRC32 != crc32 {
      throw CheckpointError(
        .checksumMismatch, path: origin?.path, offset: origin?.fileOffset,
        "\(record.map { "'\($0)'" } ?? "the bytes") should have CRC-32 \(expectedCRC32.hexadecimal) and "
          + "\(record == nil ? "have" : "has") \(crc32.hexadecimal)",
        advice: damageAdvice)
    }
    verifiedCRC32.withLock { $0 = crc32 }
    return crc32
  }
}
