internal import DBNTensors

/// Structures of a file that its writer left in one block when it closed the file, instead of each
/// at its address, so that opening is faster.
///
/// Source: `H5C__decode_cache_image_header` and `H5C__reconstruct_cache_entry` in H5Cimage.c; HDF5
/// File Format Specification 3.0, section IV.A.2.y, "Metadata Cache Image".
struct CacheImage {
  private struct Entry {
    let address: Int
    let bytes: ByteRegion
  }

  /// Sorted by address.
  private var entries: [Entry] = []

  /// - Parameter message: the message in the superblock's extension.
  init(parsing message: inout ByteReader, in file: inout MetadataFile) throws(CheckpointError) {
    let sizes = file.sizes
    try message.readVersion(of: "the location of the cache", in: 0...0)
    guard let address = try message.readAddress(sizes) else { return }
    var reader = try file.checkedReader(
      at: address, count: message.readLength(sizes), signature: "MDCI")
    try reader.readVersion(of: "the cache", in: 0...0)
    // Flags, and the length of the block.
    try reader.skip(1 + sizes.length)
    let count = try reader.readCount(UInt32.self)
    // The fields of an entry before its address.
    let head = 14
    guard count <= reader.remaining / head else {
      throw .invalidMetadata("the cache has \(count) entries", at: reader.fileOffset)
    }
    for _ in 0..<count {
      // Type, flags, ring, age, and the numbers of entries that depend on it.
      try reader.skip(8)
      let parentCount = Int(try reader.read(UInt16.self))
      try reader.skip(4)
      let address = try reader.readAddress(of: "an entry of the cache", sizes)
      let byteCount = try reader.readLength(sizes)
      try reader.skip(parentCount * sizes.address)
      entries.append(Entry(address: address, bytes: try reader.readRegion(count: byteCount)))
    }
    entries.sort { $0.address < $1.address }
  }

  /// The bytes of a structure, if it is in the image.
  func bytes(at address: Int, count: Int) throws(CheckpointError) -> ByteRegion? {
    var range = 0..<entries.count
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      range =
        entries[middle].address <= address
        ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    guard range.lowerBound > 0 else { return nil }
    let entry = entries[range.lowerBound - 1]
    // Both are at least 0, and the difference can't overflow.
    let start = address - entry.address
    guard start < entry.bytes.count, count <= entry.bytes.count - start else { return nil }
    return try entry.bytes.slice(from: start, count: count)
  }
}
