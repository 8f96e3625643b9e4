internal import DBNTensors

/// The header of a `.npy` file: the type and shape of its array.
///
/// Source: `numpy.lib.format` (NEP 1), versions 1.0 to 3.0.
struct NumPyHeader {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// The longest header that is read. NumPy itself accepts 10,000 bytes from untrusted files; only
  /// structured arrays, which are not tensors, have longer headers.
  static let byteLimit = 10_000
  /// The largest possible offset of an array's elements.
  static let prefixByteLimit = byteLimit + 16

  let type: NumPyType
  let shape: [Int]
  let isFortranOrder: Bool
  /// The offset of the elements from the start of the file.
  let dataOffset: Int

  init(parsing reader: inout ByteReader) throws(CheckpointError) {
    let start = reader.fileOffset
    guard try reader.readRegion(count: Self.magic.count).starts(with: Self.magic) else {
      throw CheckpointError(.notNumPy, offset: start, "is not an array that numpy.save wrote")
    }
    let version = (try reader.read(UInt8.self), try reader.read(UInt8.self))
    guard (1...3).contains(version.0), version.1 == 0 else {
      throw CheckpointError(
        .numPyVersion, offset: start,
        "has version \(version.0).\(version.1) of NumPy's format; only 1.0 to 3.0 can be read")
    }
    let count =
      version.0 == 1 ? try reader.readCount(UInt16.self) : try reader.readCount(UInt32.self)
    guard count <= Self.byteLimit else {
      throw CheckpointError(
        .limitExceeded, offset: reader.fileOffset,
        "declares a header of \(count) bytes; at most \(Self.byteLimit) can be read")
    }
    let offset = reader.fileOffset
    // Versions 1.0 and 2.0 are Latin-1, 3.0 is UTF-8; a tensor's header is ASCII in all.
    var parser = PythonLiteralParser(try reader.readRegion(count: count).array, offset)
    (type, shape, isFortranOrder) = try Self.fields(try parser.parseDictionary(), offset)
    dataOffset = reader.position
  }

  private static func fields(
    _ fields: [(name: String, value: PythonLiteral)], _ offset: Int
  ) throws(CheckpointError) -> (NumPyType, [Int], Bool) {
    var (type, shape, isFortranOrder): (NumPyType?, [Int]?, Bool?) = (nil, nil, nil)
    for (name, value) in fields {
      switch (name, value) {
      case ("descr", .string(let text)): type = try NumPyType(text)
      case ("descr", .list):
        throw CheckpointError(
          .numPyType, offset: offset, "holds structures of several fields, not numbers",
          advice: "save each field as an array of its own")
      case ("shape", .tuple(let sizes)): shape = sizes
      case ("fortran_order", .bool(let flag)): isFortranOrder = flag
      default:
        throw invalid("has an unknown field '\(name.visible())', or gives it another type", offset)
      }
    }
    guard fields.count == 3, let type, let shape, let isFortranOrder else {
      throw invalid("needs 'descr', 'shape' and 'fortran_order', each once", offset)
    }
    return (type, shape, isFortranOrder)
  }

  private static func invalid(_ reason: String, _ offset: Int) -> CheckpointError {
    CheckpointError(
      .numPyHeader, offset: offset, "the header \(reason)",
      advice: "the file is damaged; save the array again with numpy.save")
  }
}
