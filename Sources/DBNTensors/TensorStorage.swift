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
      byteCount: Int, @Sendable (UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Void)
  }

  let source: Source
  let checksum: StoredChecksum
  /// What the file calls these bytes, for errors.
  private let record: String?

  /// What to do about a wrong checksum, where the format has nothing to add.
  package static let damageAdvice: Guidance =
    "the file is damaged or was edited; get it again"

  private init(
    _ source: Source, crc32: UInt32? = nil, in place: ChecksumPlace = .archive,
    record: String? = nil
  ) {
    self.source = source
    checksum = StoredChecksum(recorded: crc32, in: place)
    self.record = record
  }

  /// Bytes that lie in memory or in a mapped file. `crc32` is enforced when they are first read.
  public convenience init(_ region: ByteRegion, crc32: UInt32? = nil, record: String? = nil) {
    self.init(.region(region), crc32: crc32, record: record)
  }

  package convenience init(
    _ region: ByteRegion, crc32: UInt32?, in place: ChecksumPlace, record: String?
  ) {
    self.init(.region(region), crc32: crc32, in: place, record: record)
  }

  /// The bytes of an array, which are not copied before they are read.
  package convenience init(_ bytes: [UInt8]) {
    self.init(
      computing: SlabbedBytes(
        byteCount: bytes.count, slabByteCount: Self.pieceByteCount,
        windowByteCount: Self.pieceByteCount
      ) { range, target in target.copyBytes(from: bytes[range]) })
  }

  /// Bytes that are part of the bytes of `whole`, whose checksum is enforced before they are lent.
  package convenience init(_ part: ByteRegion, of whole: TensorStorage) {
    self.init(.part(part, whole: whole), in: whole.checksum.place, record: whole.record)
  }

  /// Bytes that are decompressed each time they are read, piece by piece where that will do; they
  /// are not kept.
  package convenience init(
    inflating bytes: DeflatedBytes, crc32: UInt32? = nil, record: String? = nil
  ) {
    self.init(.deflated(bytes), crc32: crc32, record: record)
  }

  /// Bytes that are computed each time they are read, some slabs at a time where that will do; they
  /// are not kept.
  package convenience init(
    computing bytes: SlabbedBytes, crc32: UInt32? = nil, in place: ChecksumPlace = .archive,
    record: String? = nil
  ) {
    self.init(.slabs(bytes), crc32: crc32, in: place, record: record)
  }

  /// Bytes that `fill` writes into a zeroed buffer each time they are read; they are not kept.
  ///
  /// What `fill` needs of other storages it gets by their `scan` or `verifiedBytes`.
  package convenience init(
    computing byteCount: Int,
    _ fill: @escaping @Sendable (UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Void
  ) {
    self.init(.computed(byteCount: byteCount, fill))
  }

  /// The elements of `source`, converted piece by piece whenever they are read.
  ///
  /// - Parameter crc32: of the converted bytes, if the file records it.
  package convenience init(
    _ source: TensorStorage, converting conversion: Conversion, crc32: UInt32? = nil
  ) {
    self.init(
      .converted(source, conversion), crc32: crc32, in: source.checksum.place,
      record: source.record)
  }

  public var byteCount: Int {
    switch source {
    case .region(let region), .part(let region, _): region.count
    case .deflated(let bytes): bytes.byteCount
    case .slabs(let bytes): bytes.byteCount
    case .converted(let source, let conversion):
      source.byteCount / conversion.from * conversion.to
    case .computed(let byteCount, _): byteCount
    }
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
    case .converted(let source, _): checksum.recorded != nil || source.hasChecksum
    case .region, .deflated, .slabs, .computed: checksum.recorded != nil
    }
  }

  /// The CRC-32 of the bytes, computed once.
  ///
  /// - Throws: `checksumMismatch`, as `withBytes`.
  public func crc32() throws(CheckpointError) -> UInt32 {
    if let known = checksum.known { return known }
    return try forEachPiece(of: Self.pieceByteCount) { _, _ in }
  }

  /// The CRC-32 of these bytes of the storage, computed once.
  func crc32(of region: ByteRegion) throws(CheckpointError) -> UInt32 {
    if let known = checksum.known { return known }
    var found = CRC32()
    try region.forEachPiece(of: Self.pieceByteCount) { found.update($1) }
    return try accept(found.value)
  }

  /// Compares the checksum of the bytes with the recorded one.
  package func accept(_ crc32: UInt32) throws(CheckpointError) -> UInt32 {
    if let recorded = checksum.recorded, recorded != crc32 {
      throw CheckpointError(
        .checksumMismatch, path: origin?.path, offset: origin?.fileOffset,
        "\(record.map { "'\($0)'" } ?? "the bytes") should have CRC-32 \(recorded.hexadecimal) and "
          + "\(record == nil ? "have" : "has") \(crc32.hexadecimal)",
        advice: checksum.place.damageAdvice)
    }
    checksum.note(crc32)
    return crc32
  }
}
