internal import DBNTensors

/// The bytes of a file from its superblock to its end, from which structures are read by address.
///
/// Structures may overlap and be reachable in many ways, so that reading a small file could take
/// years; therefore the bytes that are read are counted and limited.
struct MetadataFile {
  /// The whole file.
  let file: ByteRegion
  /// The offset of the superblock in the file; addresses are relative to it.
  let base: Int
  let sizes: FieldSizes
  /// Whether the end of the file may be missing.
  let salvages: Bool
  private let image: ByteRegion
  private var remaining: Int
  private var chunkCount = 0
  /// The bytes that the positions of chunks may still take.
  private var positionRoom: Int
  /// What the superblock's extension refers to.
  var sharedMessages: SharedMessageTable?
  private var cacheImage: CacheImage?

  init(
    _ file: ByteRegion, _ superblock: Superblock, salvages: Bool = false
  ) throws(CheckpointError) {
    self.file = file
    self.salvages = salvages
    base = superblock.base
    sizes = superblock.sizes
    image = try file.slice(from: base, count: file.count - base)
    remaining = HDF5Limits.metadataBytes(fileByteCount: file.count)
    positionRoom = HDF5Limits.positionBytes(fileByteCount: file.count)
    if let address = superblock.extensionAddress { try readExtension(at: address) }
  }

  /// Reads where other structures are that not every file has.
  private mutating func readExtension(at address: Int) throws(CheckpointError) {
    let header = try ObjectHeader(at: address, in: &self)
    if let message = header[.cacheImage] {
      var reader = ByteReader(message.body)
      cacheImage = try CacheImage(parsing: &reader, in: &self)
    }
    if let message = header[.sharedMessages] {
      var reader = ByteReader(message.body)
      sharedMessages = try SharedMessageTable(parsing: &reader, in: &self)
    }
  }

  /// Whether the bytes at an address are in the file.
  func contains(_ address: Int, byteCount: Int) -> Bool {
    address <= image.count && byteCount <= image.count - address
  }

  /// Reads `count` bytes at an address.
  mutating func reader(at address: Int, count: Int) throws(CheckpointError) -> ByteReader {
    let cached = try cacheImage?.bytes(at: address, count: count)
    let region =
      if let cached { cached } else { try image.slice(from: address, count: count) }
    let reader = ByteReader(region)
    reader.region.release()
    try spend(count, at: reader.fileOffset)
    return reader
  }

  /// Reads a structure that starts with a signature of four characters, which are skipped.
  mutating func reader(
    at address: Int, count: Int, signature: StaticString
  ) throws(CheckpointError) -> ByteReader {
    var reader = try reader(at: address, count: count)
    let found = try reader.readRegion(count: 4)
    let matches = found.withBytes { bytes in
      bytes.withUnsafeBytes { found in
        signature.withUTF8Buffer { found.elementsEqual($0) }
      }
    }
    guard matches else {
      throw .invalidMetadata("the expected signature \(signature) is missing", at: found.fileOffset)
    }
    return reader
  }

  /// Reads a structure with a signature and a checksum at the end, which is verified.
  mutating func checkedReader(
    at address: Int, count: Int, signature: StaticString
  ) throws(CheckpointError) -> ByteReader {
    let whole = try reader(at: address, count: count, signature: signature)
    try Lookup3.verify(whole.region, what: "\(signature)")
    return whole
  }

  /// Counts bytes that are read or copied, plus 32 for each structure.
  mutating func spend(_ count: Int, at offset: Int) throws(CheckpointError) {
    remaining -= count + 32
    guard remaining >= 0 else {
      throw CheckpointError(
        .limitExceeded, offset: offset,
        "the structures of the file refer to the same bytes too often to be read",
        advice: "the file is damaged or malicious; get it again from its source")
    }
  }

  /// Counts chunks that were found.
  mutating func count(chunks: Int, dimensions: Int) throws(CheckpointError) {
    try checkPositions(of: chunks, dimensions: dimensions)
    positionRoom -= chunks * dimensions * MemoryLayout<Int>.size
    chunkCount += chunks
    guard chunkCount <= HDF5Limits.chunks else {
      throw CheckpointError(
        .limitExceeded, "the datasets up to this one have more than \(HDF5Limits.chunks) chunks",
        advice: "write the file with larger chunks, or contiguous")
    }
  }

  /// Checks whether there is room for the positions of more chunks.
  func checkPositions(of chunks: Int, dimensions: Int) throws(CheckpointError) {
    guard chunks <= positionRoom / max(1, dimensions * MemoryLayout<Int>.size) else {
      throw CheckpointError(
        .limitExceeded,
        "\(chunks) chunks of \(dimensions) dimensions are more than a file of \(file.count) bytes "
          + "justifies", advice: "write the file with larger chunks, or contiguous")
    }
  }

  /// Limits the number of records in one tree: links of a group, or chunks.
  func checkCount(records: Int) throws(CheckpointError) {
    guard records <= HDF5Limits.chunks else {
      throw CheckpointError(
        .limitExceeded, "a tree or array of the file has more than \(HDF5Limits.chunks) records")
    }
  }
}
