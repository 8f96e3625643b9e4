internal import DBNTensors

/// The sizes of a heap's blocks: rows with equally many blocks, which have the starting size in the
/// first two rows, and double in each further row.
///
/// Source: HDF5 File Format Specification 3.0, section III.G, "Doubling Table Info".
struct DoublingTable {
  /// A direct block.
  struct Block {
    let address: Int
    /// The offset of its first byte in the heap.
    let offset: Int
    let byteCount: Int
  }

  private let width: Int
  let startingByteCount: Int
  let largestDirectByteCount: Int
  /// The number of bits in a heap offset.
  let offsetBitCount: Int
  /// Indirect blocks that were read and verified.
  private var blocks: [Int: ByteReader] = [:]

  init(parsing reader: inout ByteReader, _ sizes: FieldSizes) throws(CheckpointError) {
    width = Int(try reader.read(UInt16.self))
    startingByteCount = try reader.readLength(sizes)
    largestDirectByteCount = try reader.readLength(sizes)
    offsetBitCount = Int(try reader.read(UInt16.self))
    // The initial number of rows.
    try reader.skip(2)
    guard width.isPowerOfTwo, startingByteCount.isPowerOfTwo, largestDirectByteCount.isPowerOfTwo,
      startingByteCount <= largestDirectByteCount, 1...62 ~= offsetBitCount,
      width.trailingZeroBitCount + largestDirectByteCount.trailingZeroBitCount < 62
    else { throw .invalidMetadata("a heap has blocks of impossible sizes", at: reader.fileOffset) }
  }

  /// Finds the direct block with an offset by descending through indirect blocks.
  mutating func find(
    _ offset: Int, in root: Int, rowCount: Int, _ file: inout MetadataFile
  ) throws(CheckpointError) -> Block {
    var (block, start, rowCount) = (root, 0, rowCount)
    while true {
      let (row, column) = row(of: offset - start)
      guard row < rowCount else {
        throw .invalidMetadata("a heap has no offset \(offset)", at: block)
      }
      let address = try entry(row * width + column, in: block, rowCount: rowCount, &file)
      start += self.offset(ofRow: row) + column * byteCount(ofRow: row)
      if row < directRowCount {
        return Block(address: address, offset: start, byteCount: byteCount(ofRow: row))
      }
      // As many rows as make up the block's size. They are at most `row`, so that the loop ends.
      let rowsBelow = byteCount(ofRow: row).trailingZeroBitCount - firstRowBitCount + 1
      (block, rowCount) = (address, min(rowsBelow, row))
    }
  }

  private var firstRowBitCount: Int {
    width.trailingZeroBitCount + startingByteCount.trailingZeroBitCount
  }

  private var directRowCount: Int {
    largestDirectByteCount.trailingZeroBitCount - startingByteCount.trailingZeroBitCount + 2
  }

  /// The row and column of the block with an offset, relative to the indirect block's start.
  private func row(of offset: Int) -> (row: Int, column: Int) {
    if offset >> firstRowBitCount == 0 { return (0, offset / startingByteCount) }
    let highBit = offset.bitWidth - 1 - offset.leadingZeroBitCount
    let row = highBit - firstRowBitCount + 1
    return (row, (offset - (1 << highBit)) / byteCount(ofRow: row))
  }

  private func byteCount(ofRow row: Int) -> Int {
    startingByteCount << max(0, row - 1)
  }

  private func offset(ofRow row: Int) -> Int {
    row == 0 ? 0 : width * startingByteCount << (row - 1)
  }

  private mutating func entry(
    _ index: Int, in block: Int, rowCount: Int, _ file: inout MetadataFile
  ) throws(CheckpointError) -> Int {
    let head = 5 + file.sizes.address + (offsetBitCount + 7) / 8
    var reader: ByteReader
    if let known = blocks[block] {
      reader = known
    } else {
      reader = try file.checkedReader(
        at: block, count: head + rowCount * width * file.sizes.address + 4, signature: "FHIB")
      try reader.readVersion(of: "a block of a heap", in: 0...0)
      blocks[block] = reader
    }
    try reader.seek(to: head + index * file.sizes.address)
    return try reader.readAddress(of: "a block of a heap", file.sizes)
  }
}

extension Int {
  fileprivate var isPowerOfTwo: Bool { self > 0 && self & (self - 1) == 0 }
}
