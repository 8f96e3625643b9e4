internal import DBNTensors

/// The bytes of an element that was never written.
///
/// Source: HDF5 File Format Specification 3.0, sections IV.A.2.e and IV.A.2.f.
struct FillValue {
  /// The bytes; nil for the default, zeros.
  let bytes: [UInt8]?

  init(parsing reader: inout ByteReader) throws(CheckpointError) {
    let version = try reader.readVersion(of: "a fill value", in: 1...3)
    var isDefined = true
    if version == 3 {
      isDefined = try reader.read(UInt8.self) & 0x20 != 0
    } else {
      // The times at which space is allocated and filled.
      try reader.skip(2)
      let defined = try reader.read(UInt8.self)
      isDefined = version == 1 || defined != 0
    }
    bytes = isDefined ? try FillValue.bytes(&reader) : nil
  }

  /// Parses the message of files before HDF5 1.6.
  init(parsingOld reader: inout ByteReader) throws(CheckpointError) {
    bytes = try FillValue.bytes(&reader)
  }

  private static func bytes(_ reader: inout ByteReader) throws(CheckpointError) -> [UInt8]? {
    let byteCount = try reader.read(Int32.self)
    // A size of zero means the default value, a negative size none.
    guard byteCount > 0 else { return nil }
    return try reader.readRegion(count: Int(byteCount)).array
  }
}
