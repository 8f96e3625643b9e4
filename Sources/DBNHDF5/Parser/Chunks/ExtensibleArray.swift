internal import DBNTensors

/// The chunk index of a dataset that can grow in one dimension: elements are in blocks of
/// increasing size, the first few in the index block itself, later blocks found through secondary
/// blocks.
///
/// Source: HDF5 File Format Specification 3.0, appendix VII.D; `H5EA__hdr_init` in H5EAhdr.c.
struct ExtensibleArray {
  private(set) var chunks: [Catalog.Chunks.Chunk] = []
  private let address: Int
  private let grid: ChunkGrid
  private let shape: ArrayShape
  /// The number of the next element, and the count of elements that were ever set.
  private var number = 0
  private var count = 0

  init(
    at address: Int, _ grid: ChunkGrid, in file: inout MetadataFile
  ) throws(CheckpointError) {
    self.address = address
    self.grid = grid
    let sizes = file.sizes
    var head = try file.checkedReader(
      at: address, count: 16 + 6 * sizes.length + sizes.address, signature: "EAHD")
    try head.readVersion(of: "an array of chunks", in: 0...0)
    shape = try ArrayShape(parsing: &head, sizes)
    // The numbers and sizes of blocks.
    try head.skip(4 * sizes.length)
    count = try head.readLength(sizes)
    try file.checkCount(records: count)
    try head.skip(sizes.length)
    guard let index = try head.readAddress(sizes) else { return }
    try readIndex(index, &file)
  }

  private mutating func readIndex(
    _ block: Int, _ file: inout MetadataFile
  ) throws(CheckpointError) {
    let sizes = file.sizes
    let elementCount = shape.indexElementCount
    let addressCount = shape.directBlockCount + shape.secondaryBlockCount
    var reader = try file.checkedReader(
      at: block,
      count: 6 + sizes.address + elementCount * shape.element.byteCount
        + addressCount * sizes.address + 4, signature: "EAIB")
    try reader.readVersion(of: "an array of chunks", in: 0...0)
    try reader.skip(1 + sizes.address)
    try readElements(&reader, elementCount, file)
    for level in 0..<shape.levelCount where number < count {
      let isDirect = level < shape.directLevelCount
      for _ in 0..<(isDirect ? shape.blockCount(level) : 1) {
        let address = try reader.readAddress(sizes)
        if isDirect {
          try readBlock(address, level, hasPage: nil, &file)
        } else {
          try readSecondary(address, level, &file)
        }
      }
    }
  }

  private mutating func readSecondary(
    _ address: Int?, _ level: Int, _ file: inout MetadataFile
  ) throws(CheckpointError) {
    let blockCount = shape.blockCount(level)
    guard let address else { return pass(blockCount, of: shape.elementCount(level)) }
    let pageCount = shape.pageCount(level)
    let bitmapByteCount = blockCount * ((pageCount + 7) / 8)
    let head = 6 + file.sizes.address + shape.offsetByteCount
    var reader = try file.checkedReader(
      at: address, count: head + bitmapByteCount + blockCount * file.sizes.address + 4,
      signature: "EASB")
    try reader.readVersion(of: "an array of chunks", in: 0...0)
    try reader.seek(to: head)
    let bitmap = try reader.readRegion(count: bitmapByteCount).array
    for block in 0..<blockCount {
      let pages = (0..<pageCount).map { page in
        let bit = block * pageCount + page
        return bitmap[bit / 8] & 0x80 >> UInt8(bit % 8) != 0
      }
      try readBlock(
        reader.readAddress(file.sizes), level, hasPage: pageCount > 0 ? pages : nil, &file)
    }
  }

  /// - Parameter hasPage: which pages of the block were written; nil for a block without pages.
  private mutating func readBlock(
    _ address: Int?, _ level: Int, hasPage: [Bool]?, _ file: inout MetadataFile
  ) throws(CheckpointError) {
    let elementCount = shape.elementCount(level)
    guard let address, number < count else { return pass(1, of: elementCount) }
    let prefix = 6 + file.sizes.address + shape.offsetByteCount
    let content = hasPage == nil ? elementCount * shape.element.byteCount : 0
    var reader = try file.checkedReader(
      at: address, count: prefix + content + 4, signature: "EADB")
    try reader.readVersion(of: "an array of chunks", in: 0...0)
    try reader.seek(to: prefix)
    guard let hasPage else { return try readElements(&reader, elementCount, file) }
    let pageByteCount = shape.pageElementCount * shape.element.byteCount + 4
    for (page, isWritten) in hasPage.enumerated() {
      guard isWritten else {
        pass(1, of: shape.pageElementCount)
        continue
      }
      var reader = try file.checkedPage(
        at: address + prefix + 4 + page * pageByteCount, count: pageByteCount)
      try readElements(&reader, shape.pageElementCount, file)
    }
  }

  private mutating func readElements(
    _ reader: inout ByteReader, _ elementCount: Int, _ file: MetadataFile
  ) throws(CheckpointError) {
    for _ in 0..<elementCount {
      if number < count {
        let chunk = try shape.element.read(&reader, number: number, grid, in: file)
        if let chunk { chunks.append(chunk) }
      } else {
        try reader.skip(shape.element.byteCount)
      }
      pass(1, of: 1)
    }
  }

  /// Skips elements of missing blocks. If the number overflows, no elements that were set follow.
  private mutating func pass(_ blocks: Int, of elements: Int) {
    let (product, overflow) = blocks.multipliedReportingOverflow(by: elements)
    let (sum, overflowsToo) = number.addingReportingOverflow(product)
    number = overflow || overflowsToo ? .max : sum
  }
}
