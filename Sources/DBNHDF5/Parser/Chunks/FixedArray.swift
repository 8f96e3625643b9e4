internal import DBNTensors

/// The chunk index of a dataset that can't grow: an element for each chunk, in pages if there are
/// many.
///
/// Source: HDF5 File Format Specification 3.0, appendix VII.C.
struct FixedArray {
  private(set) var chunks: [Catalog.Chunks.Chunk] = []

  init(
    at address: Int, _ grid: ChunkGrid, in file: inout MetadataFile
  ) throws(CheckpointError) {
    let sizes = file.sizes
    var head = try file.checkedReader(
      at: address, count: 12 + sizes.length + sizes.address, signature: "FAHD")
    try head.readVersion(of: "an array of chunks", in: 0...0)
    let (client, byteCount) = (try head.read(UInt8.self), try head.read(UInt8.self))
    let element = try ChunkElement(
      client: client, byteCount: byteCount, sizes, at: head.fileOffset)
    let pageBits = Int(try head.read(UInt8.self))
    let count = try head.readLength(sizes)
    guard let block = try head.readAddress(sizes) else { return }
    guard pageBits < 32, count <= HDF5Limits.chunks else {
      throw .invalidMetadata(
        "an array of chunks has an impossible size (\(count))", at: head.fileOffset)
    }
    let pageCount = count > 1 << pageBits ? (count + (1 << pageBits) - 1) >> pageBits : 0
    let prefix = 6 + sizes.address + (pageCount + 7) / 8
    var reader = try file.checkedReader(
      at: block, count: prefix + (pageCount == 0 ? count * element.byteCount : 0) + 4,
      signature: "FADB")
    try reader.readVersion(of: "an array of chunks", in: 0...0)
    try reader.skip(1 + sizes.address)
    guard pageCount > 0 else {
      try read(&reader, 0..<count, element, grid, file)
      return
    }
    let written = try reader.readRegion(count: (pageCount + 7) / 8).array
    var start = block + prefix + 4
    for page in 0..<pageCount {
      let numbers = page << pageBits..<min(count, (page + 1) << pageBits)
      let byteCount = numbers.count * element.byteCount + 4
      if written[page / 8] & 0x80 >> UInt8(page % 8) != 0 {
        var reader = try file.checkedPage(at: start, count: byteCount)
        try read(&reader, numbers, element, grid, file)
      }
      start += byteCount
    }
  }

  private mutating func read(
    _ reader: inout ByteReader, _ numbers: Range<Int>, _ element: ChunkElement, _ grid: ChunkGrid,
    _ file: MetadataFile
  ) throws(CheckpointError) {
    for number in numbers {
      if let chunk = try element.read(&reader, number: number, grid, in: file) {
        chunks.append(chunk)
      }
    }
  }
}

extension MetadataFile {
  /// Reads a page of an array, which has a checksum but no signature.
  mutating func checkedPage(at address: Int, count: Int) throws(CheckpointError) -> ByteReader {
    let reader = try reader(at: address, count: count)
    try Lookup3.verify(reader.region, what: "array of chunks")
    return reader
  }
}
