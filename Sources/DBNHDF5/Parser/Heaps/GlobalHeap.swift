internal import DBNTensors

/// The variable-length strings of a file, in collections.
///
/// Source: HDF5 File Format Specification 3.0, section III.E.
struct GlobalHeap {
  /// The collections by address, with their objects by index.
  private var collections: [Int: [Int: ByteRegion]] = [:]

  /// The string for a reference in a dataset or attribute, which consists of its length, and the
  /// address and index of the object.
  mutating func text(
    parsing reader: inout ByteReader, in file: inout MetadataFile
  ) throws(CheckpointError) -> String {
    let offset = reader.fileOffset
    let byteCount = try reader.readCount(UInt32.self)
    let address = try reader.readAddress(file.sizes)
    let index = try reader.readCount(UInt32.self)
    // No string was written: the reference is empty or zero.
    guard byteCount > 0, let address, address > 0 else { return "" }
    let objects =
      if let known = collections[address] { known } else {
        try GlobalHeap.objects(at: address, in: &file)
      }
    collections[address] = objects
    guard let object = objects[index] else {
      throw .invalidMetadata("a text is missing from the heap", at: offset)
    }
    let bytes = try object.slice(from: 0, count: byteCount).array
    guard let text = String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self) else {
      throw CheckpointError(.invalidText, offset: object.fileOffset, "the text is not valid UTF-8")
    }
    return text
  }

  private static func objects(
    at address: Int, in file: inout MetadataFile
  ) throws(CheckpointError) -> [Int: ByteRegion] {
    // The heads of collections and objects are padded to a multiple of eight bytes.
    let padding = (8 - file.sizes.length % 8) % 8
    let headByteCount = 8 + file.sizes.length + padding
    var head = try file.reader(at: address, count: headByteCount, signature: "GCOL")
    try head.readVersion(of: "a heap of texts", in: 1...1)
    try head.skip(3)
    let byteCount = try head.readLength(file.sizes)
    var reader = try file.reader(at: address, count: byteCount)
    try reader.skip(headByteCount)
    var objects: [Int: ByteRegion] = [:]
    while reader.remaining >= headByteCount {
      let index = Int(try reader.read(UInt16.self))
      // Reference count and padding.
      try reader.skip(6)
      let count = try reader.readLength(file.sizes)
      try reader.skip(padding)
      // The rest is free space.
      if index == 0 { break }
      objects[index] = try reader.readRegion(count: count)
      try reader.skip(min((8 - count % 8) % 8, reader.remaining))
    }
    return objects
  }
}
