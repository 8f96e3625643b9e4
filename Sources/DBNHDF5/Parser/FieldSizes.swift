internal import DBNTensors

/// The sizes of addresses and lengths in a file, in bytes.
///
/// Source: HDF5 File Format Specification 3.0, section II.A, "Size of Offsets" and "Size of
/// Lengths".
struct FieldSizes: Sendable {
  let address: Int
  let length: Int

  init(parsing reader: inout ByteReader) throws(CheckpointError) {
    address = Int(try reader.read(UInt8.self))
    length = Int(try reader.read(UInt8.self))
    guard [2, 4, 8].contains(address), [2, 4, 8].contains(length) else {
      throw .invalidMetadata(
        "it has addresses of \(address) and lengths of \(length) bytes", at: reader.fileOffset - 2)
    }
  }
}

extension ByteReader {
  /// Reads a little-endian number of 1 to 8 bytes.
  mutating func readNumber(byteCount: Int) throws(CheckpointError) -> UInt64 {
    switch byteCount {
    case 8: return try read(UInt64.self)
    case 4: return UInt64(try read(UInt32.self))
    case 2: return UInt64(try read(UInt16.self))
    default:
      guard 1...8 ~= byteCount else {
        throw .invalidMetadata("it has a number of \(byteCount) bytes", at: fileOffset)
      }
      var number: UInt64 = 0
      for index in 0..<byteCount { number |= UInt64(try read(UInt8.self)) << UInt64(8 * index) }
      return number
    }
  }

  /// Reads a size or count of 1 to 8 bytes that must fit in an `Int`.
  mutating func readCount(byteCount: Int) throws(CheckpointError) -> Int {
    let offset = fileOffset
    let number = try readNumber(byteCount: byteCount)
    guard let count = Int(exactly: number) else {
      throw CheckpointError(.overflow, offset: offset, "\(number) cannot be a size")
    }
    return count
  }

  mutating func readLength(_ sizes: FieldSizes) throws(CheckpointError) -> Int {
    try readCount(byteCount: sizes.length)
  }

  /// Reads an address, counted from the superblock; nil for the undefined address, whose bits are
  /// all set.
  ///
  /// An address too large for an `Int` becomes the largest `Int`, which is outside every file.
  mutating func readAddress(_ sizes: FieldSizes) throws(CheckpointError) -> Int? {
    let number = try readNumber(byteCount: sizes.address)
    return number == .max >> UInt64(64 - 8 * sizes.address) ? nil : Int(clamping: number)
  }

  /// Reads an address that must be defined.
  mutating func readAddress(
    of thing: String, _ sizes: FieldSizes
  ) throws(CheckpointError) -> Int {
    let offset = fileOffset
    guard let address = try readAddress(sizes) else {
      throw .invalidMetadata("\(thing) has no address", at: offset)
    }
    return address
  }

  /// Skips a version number, which must be known.
  @discardableResult
  mutating func readVersion(
    of thing: String, in known: ClosedRange<UInt8>
  ) throws(CheckpointError) -> UInt8 {
    let offset = fileOffset
    let version = try read(UInt8.self)
    guard known.contains(version) else {
      throw CheckpointError(
        .unknownHDF5Version, offset: offset,
        "\(thing) has the unknown version \(version)",
        advice: "the file is damaged, or was written by a later HDF5 library; write it again with "
          + "`libver=\"v110\"`")
    }
    return version
  }
}

extension CheckpointError {
  /// An error for a structure that breaks a rule of the format.
  static func invalidMetadata(_ reason: String, at offset: Int?) -> CheckpointError {
    CheckpointError(
      .invalidHDF5, offset: offset, "the structure of the file is broken: \(reason)",
      advice: "the file is damaged; get it again")
  }
}
