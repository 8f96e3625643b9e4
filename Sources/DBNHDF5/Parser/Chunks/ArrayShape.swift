internal import DBNTensors

/// How the elements of an extensible array are divided among its blocks: on each level the blocks
/// are twice as large, or twice as many, as on the level before.
///
/// Source: HDF5 File Format Specification 3.0, appendix VII.D; `H5EA__hdr_init` in H5EAhdr.c.
struct ArrayShape {
  let element: ChunkElement
  /// The number of elements in the index block itself.
  let indexElementCount: Int
  let levelCount: Int
  /// The number of levels whose blocks the index block points to directly.
  let directLevelCount: Int
  /// The number of blocks on those levels.
  let directBlockCount: Int
  let pageElementCount: Int
  /// The number of bytes of an element's number.
  let offsetByteCount: Int
  private let leastElementCount: Int

  /// - Parameter reader: the header of the array, after its version.
  init(parsing reader: inout ByteReader, _ sizes: FieldSizes) throws(CheckpointError) {
    let (client, byteCount) = (try reader.read(UInt8.self), try reader.read(UInt8.self))
    element = try ChunkElement(client: client, byteCount: byteCount, sizes, at: reader.fileOffset)
    let bits = Int(try reader.read(UInt8.self))
    indexElementCount = Int(try reader.read(UInt8.self))
    leastElementCount = Int(try reader.read(UInt8.self))
    let leastPointers = Int(try reader.read(UInt8.self))
    let pageBits = Int(try reader.read(UInt8.self))
    guard leastElementCount > 0, leastElementCount & (leastElementCount - 1) == 0,
      leastPointers > 1, leastPointers & (leastPointers - 1) == 0, pageBits < 32, bits <= 62,
      bits >= leastElementCount.trailingZeroBitCount
    else {
      throw .invalidMetadata("an array of chunks has an impossible shape", at: reader.fileOffset)
    }
    offsetByteCount = (bits + 7) / 8
    pageElementCount = 1 << pageBits
    levelCount = 1 + bits - leastElementCount.trailingZeroBitCount
    directLevelCount = min(2 * leastPointers.trailingZeroBitCount, levelCount)
    directBlockCount = 2 * (leastPointers - 1)
  }

  var secondaryBlockCount: Int { levelCount - directLevelCount }

  func blockCount(_ level: Int) -> Int { 1 << (level / 2) }

  /// The number of elements in one block.
  func elementCount(_ level: Int) -> Int { leastElementCount << ((level + 1) / 2) }

  /// The number of pages in one block; 0 if it is not paged.
  func pageCount(_ level: Int) -> Int {
    elementCount(level) > pageElementCount ? elementCount(level) / pageElementCount : 0
  }
}
