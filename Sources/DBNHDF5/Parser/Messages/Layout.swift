internal import DBNTensors

/// How the bytes of a dataset are stored, and where.
///
/// Source: HDF5 File Format Specification 3.0, section IV.A.2.i.
enum Layout {
  case compact(ByteRegion)
  /// One contiguous block; files before HDF5 1.6 don't have the size.
  case contiguous(address: Int?, byteCount: Int?)
  case chunked(ChunkLayout)
  case virtual

  init(parsing reader: inout ByteReader, _ sizes: FieldSizes) throws(CheckpointError) {
    let version = try reader.readVersion(of: "a storage layout", in: 1...5)
    if version < 3 {
      self = try Layout(parsingOld: &reader, sizes)
      return
    }
    let layoutClass = try reader.read(UInt8.self)
    switch layoutClass {
    case 0:
      let byteCount = Int(try reader.read(UInt16.self))
      self = .compact(try reader.readRegion(count: byteCount))
    case 1:
      let address = try reader.readAddress(sizes)
      self = .contiguous(address: address, byteCount: try reader.readLength(sizes))
    case 2:
      self = .chunked(
        try version == 3
          ? ChunkLayout(parsingVersion3: &reader, sizes)
          : ChunkLayout(parsingVersion4: &reader, sizes, hasWideSizes: version == 5))
    case 3: self = .virtual
    default:
      throw .invalidMetadata(
        "a storage layout has the unknown class \(layoutClass)", at: reader.fileOffset)
    }
  }

  /// Parses versions 1 and 2, up to HDF5 1.6.
  private init(parsingOld reader: inout ByteReader, _ sizes: FieldSizes) throws(CheckpointError) {
    let rank = Int(try reader.read(UInt8.self))
    let layoutClass = try reader.read(UInt8.self)
    try reader.skip(5)
    let address = layoutClass == 0 ? nil : try reader.readAddress(sizes)
    var shape: [Int] = []
    for _ in 0..<rank { shape.append(try reader.readCount(UInt32.self)) }
    switch layoutClass {
    case 0:
      let byteCount = try reader.readCount(UInt32.self)
      self = .compact(try reader.readRegion(count: byteCount))
    case 1: self = .contiguous(address: address, byteCount: nil)
    case 2:
      // The size of an element is the last dimension, and occurs again at the end.
      self = .chunked(ChunkLayout(shape: shape.dropLast(), address: address))
    default:
      throw .invalidMetadata(
        "a storage layout has the unknown class \(layoutClass)", at: reader.fileOffset)
    }
  }
}
