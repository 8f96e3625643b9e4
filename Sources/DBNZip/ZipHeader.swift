import DBNTensors

/// A record's header in the central directory, with zip64 fields resolved.
struct ZipHeader {
  let name: String
  let flags: UInt16
  let method: UInt16
  let crc32: UInt32
  private(set) var compressedSize: Int
  private(set) var size: Int
  private(set) var localHeaderOffset: Int

  static let minimumSize = 46
  static let inZip64 = 0xFFFF_FFFF

  init(parsing reader: inout ByteReader) throws(CheckpointError) {
    let offset = reader.fileOffset
    guard try reader.read(UInt32.self) == 0x0201_4B50 else {
      throw CheckpointError(.zipDirectory, offset: offset, "the directory is damaged here")
    }
    try reader.skip(4)
    flags = try reader.read(UInt16.self)
    method = try reader.read(UInt16.self)
    try reader.skip(4)
    crc32 = try reader.read(UInt32.self)
    compressedSize = try reader.readCount(UInt32.self)
    size = try reader.readCount(UInt32.self)
    let nameLength = try reader.readCount(UInt16.self)
    let extraLength = try reader.readCount(UInt16.self)
    let commentLength = try reader.readCount(UInt16.self)
    let disk = try reader.read(UInt16.self)
    try reader.skip(6)
    localHeaderOffset = try reader.readCount(UInt32.self)
    name = try Self.name(parsing: &reader, count: nameLength)
    try readZip64(reader.readRegion(count: extraLength))
    try reader.skip(commentLength)
    guard disk == 0 || disk == 0xFFFF else {
      throw CheckpointError(
        .zipMultipleDisks, name: name, "is on another disk; the archive spans several disks")
    }
  }

  private static func name(
    parsing reader: inout ByteReader, count: Int
  ) throws(CheckpointError) -> String {
    let offset = reader.fileOffset
    let bytes = try reader.readRegion(count: count).array
    guard let name = String(validating: bytes, as: UTF8.self) else {
      throw CheckpointError(
        .zipName, name: String(decoding: bytes, as: UTF8.self), offset: offset,
        "the record's name is not UTF-8")
    }
    return name
  }

  /// Takes the sizes that do not fit 32 bits from the extra field 1, in the order that the format
  /// prescribes.
  private mutating func readZip64(_ extra: ByteRegion) throws(CheckpointError) {
    guard
      size == Self.inZip64 || compressedSize == Self.inZip64
        || localHeaderOffset == Self.inZip64
    else { return }
    guard var field = try Self.zip64Field(in: extra) else {
      throw CheckpointError(
        .zip64, name: name, offset: extra.fileOffset, "the record's 64-bit sizes are missing")
    }
    if size == Self.inZip64 { size = try field.readCount(UInt64.self) }
    if compressedSize == Self.inZip64 { compressedSize = try field.readCount(UInt64.self) }
    if localHeaderOffset == Self.inZip64 { localHeaderOffset = try field.readCount(UInt64.self) }
  }

  /// The extra field with 64-bit sizes; nil if there is none.
  static func zip64Field(in extra: ByteRegion) throws(CheckpointError) -> ByteReader? {
    var reader = ByteReader(extra)
    while reader.remaining >= 4 {
      let identifier = try reader.read(UInt16.self)
      let field = try reader.readRegion(count: reader.readCount(UInt16.self))
      if identifier == 1 { return ByteReader(field) }
    }
    return nil
  }
}
