internal import DBNTensors

/// The storage of a large group's links, or of an object's attributes: blocks whose sizes double.
///
/// Source: HDF5 File Format Specification 3.0, section III.G.
struct FractalHeap {
  let idByteCount: Int
  private let address: Int
  private var table: DoublingTable
  /// The bytes of an offset, and of a length, in an object's ID.
  private let offsetByteCount: Int
  private let lengthByteCount: Int
  private let hasChecksums: Bool
  private let rootAddress: Int?
  /// The number of rows in the root block; 0 if it is a direct block.
  private let rootRowCount: Int
  private let hugeTree: Int?
  private var hugeObjects: [Int: Extent]?
  /// Direct blocks that were read and verified.
  private var blocks: [Int: ByteRegion] = [:]

  private struct Extent {
    let address: Int
    let byteCount: Int
  }

  init(at address: Int, in file: inout MetadataFile) throws(CheckpointError) {
    let sizes = file.sizes
    self.address = address
    try FractalHeap.refuseFilters(address, &file)
    var reader = try file.checkedReader(
      at: address, count: 26 + 12 * sizes.length + 3 * sizes.address, signature: "FRHP")
    try reader.readVersion(of: "a heap", in: 0...0)
    idByteCount = Int(try reader.read(UInt16.self))
    try reader.skip(2)
    hasChecksums = try reader.read(UInt8.self) & 2 != 0
    let largest = try reader.readCount(UInt32.self)
    try reader.skip(sizes.length)
    hugeTree = try reader.readAddress(sizes)
    // Free space, and counts of bytes and objects.
    try reader.skip(9 * sizes.length + sizes.address)
    table = try DoublingTable(parsing: &reader, sizes)
    rootAddress = try reader.readAddress(sizes)
    rootRowCount = Int(try reader.read(UInt16.self))
    offsetByteCount = (table.offsetBitCount + 7) / 8
    lengthByteCount = min(
      (table.largestDirectByteCount.trailingZeroBitCount + 7) / 8, largest.bytesOfCount)
  }

  /// Refuses filters, with which the header is longer, and objects are not at the stated offsets.
  private static func refuseFilters(
    _ address: Int, _ file: inout MetadataFile
  ) throws(CheckpointError) {
    var reader = try file.reader(at: address, count: 9, signature: "FRHP")
    try reader.skip(3)
    guard try reader.read(UInt16.self) == 0 else {
      throw CheckpointError(
        .unsupportedFilter, offset: reader.fileOffset, "links or attributes are compressed",
        advice: "write the file again with h5repack or h5py")
    }
  }

  /// The object with an ID, whose first byte determines where it is stored.
  mutating func object(
    _ id: ByteReader, in file: inout MetadataFile
  ) throws(CheckpointError) -> ByteRegion {
    var id = id
    let flags = try id.read(UInt8.self)
    switch flags >> 4 & 3 {
    case 0:
      let offset = try id.readCount(byteCount: offsetByteCount)
      return try managed(offset, try id.readCount(byteCount: lengthByteCount), &file)
    case 1: return try huge(&id, &file)
    case 2:
      // Small objects are stored in the ID itself; the longer form has 12 bits for their length.
      let isLong = idByteCount > 18
      let low = isLong ? Int(try id.read(UInt8.self)) : 0
      let count = isLong ? Int(flags & 0xF) << 8 | low : Int(flags & 0xF)
      return try id.readRegion(count: count + 1)
    default: throw .invalidMetadata("a heap has an object of an unknown kind", at: id.fileOffset)
    }
  }

  private mutating func managed(
    _ offset: Int, _ count: Int, _ file: inout MetadataFile
  ) throws(CheckpointError) -> ByteRegion {
    guard let rootAddress else { throw .invalidMetadata("a heap is empty", at: address) }
    var found = DoublingTable.Block(
      address: rootAddress, offset: 0, byteCount: table.startingByteCount)
    if rootRowCount > 0 {
      found = try table.find(offset, in: rootAddress, rowCount: rootRowCount, &file)
    }
    let block = try directBlock(found, &file)
    let object = try block.slice(from: offset - found.offset, count: count)
    // Blocks are spread over the file, and reading one maps the pages around it into memory.
    object.release()
    return object
  }

  private mutating func directBlock(
    _ block: DoublingTable.Block, _ file: inout MetadataFile
  ) throws(CheckpointError) -> ByteRegion {
    if let known = blocks[block.address] { return known }
    var reader = try file.reader(at: block.address, count: block.byteCount, signature: "FHDB")
    try reader.readVersion(of: "a block of a heap", in: 0...0)
    try reader.skip(file.sizes.address + offsetByteCount)
    if hasChecksums {
      let start = reader.position
      let expected = try reader.read(UInt32.self)
      // The checksum is computed with its own field set to zero.
      var bytes = reader.region.array
      bytes.replaceSubrange(start..<start + 4, with: [0, 0, 0, 0])
      try Lookup3.verify(
        Lookup3.checksum(ByteRegion(bytes)), expected, what: "heap", at: reader.region.fileOffset)
    }
    blocks[block.address] = reader.region
    return reader.region
  }

  /// An object too large for any block, which has its own address.
  private mutating func huge(
    _ id: inout ByteReader, _ file: inout MetadataFile
  ) throws(CheckpointError) -> ByteRegion {
    let sizes = file.sizes
    if idByteCount > sizes.address + sizes.length {
      let address = try id.readAddress(of: "a heap's object", sizes)
      return try file.reader(at: address, count: id.readLength(sizes)).region
    }
    let key = try id.readCount(byteCount: min(8, idByteCount - 1))
    let objects = if let hugeObjects { hugeObjects } else { try readHugeObjects(&file) }
    hugeObjects = objects
    guard let object = objects[key] else {
      throw .invalidMetadata("a heap has no object \(key)", at: id.fileOffset)
    }
    return try file.reader(at: object.address, count: object.byteCount).region
  }

  private func readHugeObjects(
    _ file: inout MetadataFile
  ) throws(CheckpointError) -> [Int: Extent] {
    guard let hugeTree else {
      throw .invalidMetadata("a heap lacks its large objects", at: address)
    }
    var objects: [Int: Extent] = [:]
    for record in try VersionTwoTree(at: hugeTree, [.hugeObjects], in: &file).records {
      var record = record
      let address = try record.readAddress(of: "a heap's object", file.sizes)
      let byteCount = try record.readLength(file.sizes)
      objects[try record.readLength(file.sizes)] = Extent(address: address, byteCount: byteCount)
    }
    return objects
  }
}

extension Int {
  /// The bytes needed for lengths up to this one: `H5VM_limit_enc_size`.
  fileprivate var bytesOfCount: Int {
    self <= 0 ? 1 : (bitWidth - 1 - leadingZeroBitCount) / 8 + 1
  }
}
