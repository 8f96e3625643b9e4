internal import DBNTensors

/// Finds the chunks of a dataset.
struct ChunkIndex {
  let chunks: [Catalog.Chunks.Chunk]

  init(
    _ layout: ChunkLayout, _ space: Dataspace, elementByteCount: Int, in file: inout MetadataFile
  ) throws(CheckpointError) {
    var isGrowing = false
    if case .extensibleArray = layout.index { isGrowing = true }
    let grid = try ChunkGrid(
      space, chunkShape: layout.shape, elementByteCount: elementByteCount, isGrowing: isGrowing)
    guard let address = layout.address else {
      chunks = []
      return
    }
    if case .implicit = layout.index {
      // These take no bytes in the file, so they are counted before they are made.
      try file.checkPositions(of: grid.chunkCount ?? .max, dimensions: layout.shape.count)
    }
    chunks =
      switch layout.index {
      case .versionOneTree: try ChunkIndex.versionOneTree(address, grid, in: &file)
      case .single(let filtered): [ChunkIndex.single(address, filtered, grid, in: file)]
      case .implicit: try ChunkIndex.implicit(address, grid, in: file)
      case .fixedArray: try FixedArray(at: address, grid, in: &file).chunks
      case .extensibleArray: try ExtensibleArray(at: address, grid, in: &file).chunks
      case .versionTwoTree: try ChunkIndex.versionTwoTree(address, grid, in: &file)
      }
    try file.count(chunks: chunks.count, dimensions: layout.shape.count)
  }

  private static func single(
    _ address: Int, _ filtered: (byteCount: Int, mask: UInt32)?, _ grid: ChunkGrid,
    in file: MetadataFile
  ) -> Catalog.Chunks.Chunk {
    Catalog.Chunks.Chunk(
      origin: grid.chunkShape.map { _ in 0 }, offset: file.offset(of: address),
      byteCount: filtered?.byteCount ?? grid.chunkByteCount, filterMask: filtered?.mask ?? 0)
  }

  /// Chunks that are stored one after another, without filters.
  private static func implicit(
    _ address: Int, _ grid: ChunkGrid, in file: MetadataFile
  ) throws(CheckpointError) -> [Catalog.Chunks.Chunk] {
    let (count, byteCount) = (grid.chunkCount, grid.chunkByteCount)
    guard let count, count <= HDF5Limits.chunks, count == 0 || byteCount <= file.file.count / count
    else {
      throw CheckpointError(
        .extentOutsideFile, offset: file.offset(of: address), "its chunks do not fit into the file",
        advice: "the file is cut short or damaged; get it again")
    }
    return (0..<count).compactMap { number in
      grid.origin(of: number).map {
        Catalog.Chunks.Chunk(
          origin: $0, offset: file.offset(of: address &+ number * byteCount), byteCount: byteCount,
          filterMask: 0)
      }
    }
  }

  /// Source: HDF5 File Format Specification 3.0, section III.A.1, keys of type 1.
  private static func versionOneTree(
    _ address: Int, _ grid: ChunkGrid, in file: inout MetadataFile
  ) throws(CheckpointError) -> [Catalog.Chunks.Chunk] {
    let rank = grid.chunkShape.count
    let entries = try VersionOneTree(ofChunksAt: address, rank: rank, in: &file).entries
    return try entries.map { entry throws(CheckpointError) in
      var key = entry.key
      let byteCount = try key.readCount(UInt32.self)
      let mask = try key.read(UInt32.self)
      var origin: [Int] = []
      for _ in 0..<rank { origin.append(try key.readCount(UInt64.self)) }
      return Catalog.Chunks.Chunk(
        origin: origin, offset: file.offset(of: entry.address), byteCount: byteCount,
        filterMask: mask)
    }
  }

  /// Source: HDF5 File Format Specification 3.0, section III.A.2, records of types 10 and 11.
  private static func versionTwoTree(
    _ address: Int, _ grid: ChunkGrid, in file: inout MetadataFile
  ) throws(CheckpointError) -> [Catalog.Chunks.Chunk] {
    let tree = try VersionTwoTree(at: address, [.chunks, .filteredChunks], in: &file)
    let (rank, sizes) = (grid.chunkShape.count, file.sizes)
    return try tree.records.map { record throws(CheckpointError) in
      var record = record
      let address = try record.readAddress(of: "a chunk", sizes)
      var (byteCount, mask) = (grid.chunkByteCount, 0 as UInt32)
      if tree.kind == .filteredChunks {
        byteCount = try record.readCount(
          byteCount: tree.recordByteCount - sizes.address - 4 - 8 * rank)
        mask = try record.read(UInt32.self)
      }
      var scaled: [Int] = []
      for _ in 0..<rank { scaled.append(try record.readCount(UInt64.self)) }
      guard let origin = grid.origin(ofScaled: scaled) else {
        throw .invalidMetadata("a chunk lies outside of its dataset", at: record.fileOffset)
      }
      return Catalog.Chunks.Chunk(
        origin: origin, offset: file.offset(of: address), byteCount: byteCount, filterMask: mask)
    }
  }
}
