import DBNTensors

/// The record at the end of every zip archive, with the values of the zip64 record if there is one.
struct ZipEndRecord {
  /// Where the directory must end: the position of the zip64 record, or of the end record.
  private(set) var position: Int
  private(set) var isOnOneDisk: Bool
  private(set) var count: Int
  private(set) var directorySize: Int
  private(set) var directoryOffset: Int

  private static let size = 22
  private static let locatorSize = 20

  init(of file: ByteRegion) throws(CheckpointError) {
    position = try Self.find(in: file)
    var reader = ByteReader(file)
    try reader.seek(to: position + 4)
    let disks = (try reader.read(UInt16.self), try reader.read(UInt16.self))
    let counts = (try reader.readCount(UInt16.self), try reader.readCount(UInt16.self))
    isOnOneDisk = disks == (0, 0) && counts.0 == counts.1
    count = counts.1
    directorySize = try reader.readCount(UInt32.self)
    directoryOffset = try reader.readCount(UInt32.self)
    try readZip64(file)
  }

  /// The position of the end record: the last one whose comment ends with the file.
  private static func find(in file: ByteRegion) throws(CheckpointError) -> Int {
    let found = file.withBytes { bytes -> Int? in
      let last = bytes.byteCount - size
      return stride(from: last, through: max(0, last - 0xFFFF), by: -1).first { position in
        bytes.number(at: position, as: UInt32.self) == 0x0605_4B50
          && Int(bytes.number(at: position + 20, as: UInt16.self)) == last - position
      }
    }
    guard let found else {
      throw CheckpointError(
        .zipEndRecord, offset: file.count, "the archive's end is missing",
        advice: "the file is cut short or damaged; get it again")
    }
    return found
  }

  /// Adopts the values of the zip64 record. PyTorch writes it into small files too.
  private mutating func readZip64(_ file: ByteRegion) throws(CheckpointError) {
    guard position >= Self.locatorSize else { return }
    var reader = ByteReader(file)
    try reader.seek(to: position - Self.locatorSize)
    guard try reader.read(UInt32.self) == 0x0706_4B50 else { return }
    let firstDisk = try reader.read(UInt32.self)
    let recordPosition = try reader.readCount(UInt64.self)
    let diskCount = try reader.read(UInt32.self)
    isOnOneDisk = isOnOneDisk && firstDisk == 0 && diskCount <= 1
    let large = try Zip64EndRecord(
      in: file, at: recordPosition, endingAt: position - Self.locatorSize)
    try adopt(large)
    position = recordPosition
  }

  /// A value that fits the 32-bit record must be the same in both, or else two readers could see
  /// two different archives.
  private mutating func adopt(_ large: Zip64EndRecord) throws(CheckpointError) {
    guard count == 0xFFFF || count == large.count,
      directorySize == 0xFFFF_FFFF || directorySize == large.directorySize,
      directoryOffset == 0xFFFF_FFFF || directoryOffset == large.directoryOffset
    else {
      throw CheckpointError(
        .zip64, offset: position, "the archive's two end records disagree",
        advice: "the archive is damaged or malicious; get it again")
    }
    isOnOneDisk = isOnOneDisk && large.isOnOneDisk
    count = large.count
    directorySize = large.directorySize
    directoryOffset = large.directoryOffset
  }
}

/// The zip64 end of central directory record.
private struct Zip64EndRecord {
  let isOnOneDisk: Bool
  let count: Int
  let directorySize: Int
  let directoryOffset: Int

  init(in file: ByteRegion, at position: Int, endingAt end: Int) throws(CheckpointError) {
    guard position <= end, end - position >= 56 else {
      throw CheckpointError(
        .zip64, offset: end, "the zip64 end record cannot be at byte \(position), as declared")
    }
    var reader = ByteReader(try file.slice(from: position, count: end - position))
    let signature = try reader.read(UInt32.self)
    let size = try reader.readCount(UInt64.self)
    guard signature == 0x0606_4B50, size == reader.remaining else {
      throw CheckpointError(.zip64, offset: position, "the zip64 end record is damaged")
    }
    try reader.skip(4)
    let disks = (try reader.read(UInt32.self), try reader.read(UInt32.self))
    let counts = (try reader.readCount(UInt64.self), try reader.readCount(UInt64.self))
    isOnOneDisk = disks == (0, 0) && counts.0 == counts.1
    count = counts.1
    directorySize = try reader.readCount(UInt64.self)
    directoryOffset = try reader.readCount(UInt64.self)
  }
}

extension RawSpan {
  /// The little-endian number at an offset that the caller has checked.
  fileprivate func number<Number: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Number.Type
  ) -> Number {
    Number(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: type))
  }
}
