internal import DBNTensors

/// An attribute: name, type, shape and the bytes of its value.
///
/// Source: HDF5 File Format Specification 3.0, section IV.A.2.m.
struct AttributeMessage {
  let name: [UInt8]
  let type: Datatype
  let shape: [Int]?
  let data: ByteRegion

  init(
    parsing reader: inout ByteReader, in file: inout MetadataFile
  ) throws(CheckpointError) {
    let version = try reader.readVersion(of: "an attribute", in: 1...3)
    let flags = try reader.read(UInt8.self)
    let nameByteCount = Int(try reader.read(UInt16.self))
    let typeByteCount = Int(try reader.read(UInt16.self))
    let spaceByteCount = Int(try reader.read(UInt16.self))
    if version == 3 { try reader.skip(1) }
    // Version 1 pads each part to a multiple of eight bytes.
    func padding(_ byteCount: Int) -> Int { version == 1 ? (8 - byteCount % 8) % 8 : 0 }
    name = try reader.readRegion(count: nameByteCount).array
    try reader.skip(padding(nameByteCount))
    var typeReader = ByteReader(try reader.readRegion(count: typeByteCount))
    try reader.skip(padding(typeByteCount))
    var spaceReader = ByteReader(try reader.readRegion(count: spaceByteCount))
    try reader.skip(padding(spaceByteCount))
    if version > 1, flags & 1 != 0 {
      let shared = try SharedMessage(parsing: &typeReader, file.sizes)
      typeReader = try file.resolve(shared, .datatype)
    }
    if version > 1, flags & 2 != 0 {
      let shared = try SharedMessage(parsing: &spaceReader, file.sizes)
      spaceReader = try file.resolve(shared, .dataspace)
    }
    type = try Datatype(parsing: &typeReader)
    shape = try Dataspace(parsing: &spaceReader, file.sizes).shape
    data = try reader.readRegion(count: reader.remaining)
  }
}
