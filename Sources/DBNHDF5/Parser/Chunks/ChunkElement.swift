internal import DBNTensors

/// The element for a chunk in an array of chunks: its address, and with filters its size and the
/// mask of filters that were not applied.
///
/// Source: HDF5 File Format Specification 3.0, appendix VII.C and VII.D, "Data Block Element".
struct ChunkElement {
  let isFiltered: Bool
  let byteCount: Int

  /// - Parameter client: 0 without filters, 1 with them.
  init(
    client: UInt8, byteCount: UInt8, _ sizes: FieldSizes, at offset: Int
  ) throws(CheckpointError) {
    isFiltered = client == 1
    self.byteCount = Int(byteCount)
    let sizeByteCount = Int(byteCount) - sizes.address - 4
    guard client < 2, isFiltered ? 1...8 ~= sizeByteCount : Int(byteCount) == sizes.address else {
      throw .invalidMetadata(
        "an array of chunks has elements of type \(client) and \(byteCount) bytes", at: offset)
    }
  }

  /// - Returns: nil for a chunk that was never written.
  func read(
    _ reader: inout ByteReader, number: Int, _ grid: ChunkGrid, in file: MetadataFile
  ) throws(CheckpointError) -> Catalog.Chunks.Chunk? {
    let address = try reader.readAddress(file.sizes)
    var (size, mask) = (grid.chunkByteCount, 0 as UInt32)
    if isFiltered {
      size = try reader.readCount(byteCount: byteCount - file.sizes.address - 4)
      mask = try reader.read(UInt32.self)
    }
    guard let address else { return nil }
    guard let origin = grid.origin(of: number) else {
      throw .invalidMetadata("chunk \(number) lies outside of its dataset", at: reader.fileOffset)
    }
    return Catalog.Chunks.Chunk(
      origin: origin, offset: file.offset(of: address), byteCount: size, filterMask: mask)
  }
}

extension MetadataFile {
  /// The file offset of an address; the largest `Int` for an address that no file can have.
  func offset(of address: Int) -> Int {
    let (offset, overflow) = address.addingReportingOverflow(base)
    return overflow ? .max : offset
  }
}
