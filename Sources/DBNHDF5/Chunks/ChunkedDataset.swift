internal import DBNTensors

/// A chunked dataset that was checked for consistency: chunks are on the grid, each at most once,
/// and their stored sizes can yield the bytes that they declare.
struct ChunkedDataset: Sendable {
  private let name: String
  private let chunks: Catalog.Chunks
  private let shape: [Int]
  private let elementSize: Int
  /// The number of bytes of all elements.
  let byteCount: Int
  private let chunkByteCount: Int
  /// The bytes of one index in the first dimension.
  private let rowByteCount: Int
  /// The number of bytes in blocks that were never written.
  let unwrittenByteCount: Int
  /// The number of bytes that packed chunks declare beyond what compression could make of theirs:
  /// a chunk of equal numbers takes a few bytes, whatever its size.
  let impliedByteCount: Int

  init(_ chunks: Catalog.Chunks, of dataset: Catalog.Dataset) throws(CheckpointError) {
    name = dataset.path
    self.chunks = chunks.inOrderOfRows
    shape = dataset.shape ?? []
    elementSize = dataset.type.byteCount ?? 0
    guard !shape.isEmpty, chunks.shape.count == shape.count, chunks.shape.allSatisfy({ $0 > 0 }),
      elementSize > 0,
      chunks.fill.count == elementSize
    else { throw ChunkedDataset.invalid(name, nil, "do not fit the dataset's shape and elements") }
    byteCount = try ChunkedDataset.byteCount(shape, elementSize, name)
    chunkByteCount = try ChunkedDataset.byteCount(chunks.shape, elementSize, name)
    guard chunkByteCount <= ChunkedDataset.chunkByteLimit else {
      throw CheckpointError(
        .declaredTooLarge, name: name, "its chunks would have \(chunkByteCount) bytes each",
        advice: "the file is damaged or malicious; get it again from its source")
    }
    rowByteCount = byteCount / max(1, shape[0])
    // Unknown filters are refused even if no chunk uses them.
    _ = try FilterPipeline(
      chunks.filters, without: 0, chunkByteCount: chunkByteCount, name: name)
    var (written, implied, origins) = (0, 0, Set<[Int]>())
    for chunk in chunks.chunks {
      guard origins.insert(chunk.origin).inserted else {
        throw ChunkedDataset.invalid(name, chunk.offset, "are stored twice for one position")
      }
      let pipeline = try ChunkedDataset.pipeline(
        of: chunk, chunks, in: shape, chunkByteCount, name)
      try pipeline.validate(chunk, elementSize: elementSize)
      let extent = try ChunkedDataset.extent(of: chunk, chunks, in: shape, name)
      let extentByteCount = extent.reduce(elementSize, *)
      written += extentByteCount
      if pipeline.isPacked, chunk.byteCount < extentByteCount / Inflate.maximumRatio {
        implied += extentByteCount
      }
    }
    unwrittenByteCount = byteCount - written
    impliedByteCount = implied
  }

  /// The largest size of a chunk: far more than real ones (libhdf5 before 2.0 allows 4 GiB), and
  /// small enough that sums and multiples do not overflow.
  private static let chunkByteLimit = 1 << 48
  /// The bytes of chunks that all cores together may have in memory while decoding.
  private static let decodingByteCount = 16 << 20
  /// Larger chunks are decoded in pieces whose elements are copied to their positions; a whole
  /// chunk could take as much memory as the dataset.
  var largestBlockByteCount = decodingByteCount / 2

  /// The bytes of a slab: as many indices in the first dimension as a chunk has. No chunk extends
  /// beyond a slab.
  var slabByteCount: Int { min(chunks.shape[0], shape[0]) * rowByteCount }

  /// Copies the elements of some slabs into the buffer in row-major order, on all cores.
  ///
  /// - Parameter bytes: the range of the dataset's bytes, a whole number of slabs.
  func read(
    _ bytes: Range<Int>, from file: ByteRegion, to buffer: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) {
    guard !bytes.isEmpty, rowByteCount > 0 else { return }
    let part = Part(
      rows: bytes.lowerBound / rowByteCount..<bytes.upperBound / rowByteCount, of: self)
    if unwrittenByteCount > 0, chunks.fill.contains(where: { $0 != 0 }) {
      buffer.fill(with: chunks.fill)
    }
    let target = DisjointTarget(buffer: buffer)
    let count = part.chunks.count
    let atOnce = min(count, max(1, Self.decodingByteCount / 2 / chunkByteCount))
    try concurrentForEach(atOnce) { first throws(CheckpointError) in
      for index in stride(from: first, to: count, by: atOnce) {
        try read(chunks.chunks[part.chunks.lowerBound + index], from: file, part, to: target)
      }
    }
  }

  /// Some slabs of the dataset.
  private struct Part {
    let firstRow: Int
    /// The indices of its chunks.
    let chunks: Range<Int>
    /// How the chunks' elements are placed in it.
    let blocks: BlockPlacement

    init(rows: Range<Int>, of dataset: ChunkedDataset) {
      firstRow = rows.lowerBound
      let start = dataset.firstChunk(from: rows.lowerBound)
      chunks = start..<dataset.firstChunk(from: rows.upperBound)
      blocks = BlockPlacement(
        shape: [rows.count] + dataset.shape.dropFirst(), blockShape: dataset.chunks.shape,
        elementSize: dataset.elementSize)
    }
  }

  private func read(
    _ chunk: Catalog.Chunks.Chunk, from file: ByteRegion, _ part: Part, to target: DisjointTarget
  ) throws(CheckpointError) {
    let extent = try ChunkedDataset.extent(of: chunk, chunks, in: shape, name)
    var origin = chunk.origin
    origin[0] -= part.firstRow
    let pipeline = try ChunkedDataset.pipeline(of: chunk, chunks, in: shape, chunkByteCount, name)
    let stored = try file.slice(from: chunk.offset, count: chunk.byteCount)
    // The pages of decoded chunks are not needed again: memory must not grow with the file.
    defer { stored.release() }
    if chunkByteCount > largestBlockByteCount {
      let isShuffled = pipeline.isShuffled(elementSize)
      let copy = part.blocks.copy(of: extent, at: origin, isShuffled: isShuffled)
      return try pipeline.decode(stored, leavingShuffled: isShuffled) {
        copy.copy($1, at: $0, to: target.buffer)
      }
    }
    if let run = part.blocks.run(of: extent, at: origin) {
      let part = UnsafeMutableRawBufferPointer(rebasing: target.buffer[run])
      return try pipeline.decode(stored, into: part)
    }
    let block = try ByteRegion(scratch: chunkByteCount) { block throws(CheckpointError) in
      try pipeline.decode(stored, into: block)
    }
    let copy = part.blocks.copy(of: extent, at: origin, isShuffled: false)
    block.withBytes { copy.copy($0, at: 0, to: target.buffer) }
  }

  /// The number of chunks that start before an index in the first dimension.
  private func firstChunk(from row: Int) -> Int {
    var range = 0..<chunks.chunks.count
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      range =
        chunks.chunks[middle].origin[0] < row
        ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return range.lowerBound
  }

  /// The shape of the part of a block that is inside the dataset.
  private static func extent(
    of chunk: Catalog.Chunks.Chunk, _ chunks: Catalog.Chunks, in shape: [Int], _ name: String
  ) throws(CheckpointError) -> [Int] {
    var extent: [Int] = []
    for (dimension, start) in chunk.origin.enumerated() {
      guard dimension < shape.count, start >= 0, start < shape[dimension],
        start % chunks.shape[dimension] == 0
      else { throw invalid(name, chunk.offset, "are not at a chunk's position inside the dataset") }
      extent.append(min(chunks.shape[dimension], shape[dimension] - start))
    }
    guard extent.count == shape.count else {
      throw invalid(name, chunk.offset, "do not have the dataset's dimensions")
    }
    return extent
  }

  /// The filters that were applied to a chunk.
  private static func pipeline(
    of chunk: Catalog.Chunks.Chunk, _ chunks: Catalog.Chunks, in shape: [Int],
    _ chunkByteCount: Int, _ name: String
  ) throws(CheckpointError) -> FilterPipeline {
    let reachesOver = zip(zip(chunk.origin, chunks.shape), shape).contains { chunk, size in
      chunk.1 > size - chunk.0
    }
    let isUnfiltered = chunks.leavesEdgesUnfiltered && reachesOver
    return try FilterPipeline(
      chunks.filters, without: isUnfiltered ? .max : chunk.filterMask,
      chunkByteCount: chunkByteCount, name: name)
  }

  private static func byteCount(
    _ shape: [Int], _ elementSize: Int, _ name: String
  ) throws(CheckpointError) -> Int {
    do throws(CheckpointError) {
      return try Tensor.byteCount(of: .uint8, shape: shape + [elementSize])
    } catch {
      throw error.with(name: name)
    }
  }

  static func invalid(_ name: String, _ offset: Int?, _ reason: String) -> CheckpointError {
    CheckpointError(
      .invalidChunk, name: name, offset: offset, "its chunks \(reason)",
      advice: "the file is damaged; get it again")
  }
}

/// A buffer that several threads write to.
///
/// `@unchecked Sendable`: every thread writes the elements of its own blocks, which do not overlap
/// because their origins are different points of one grid, and nothing reads before all threads are
/// done.
private struct DisjointTarget: @unchecked Sendable {
  let buffer: UnsafeMutableRawBufferPointer
}

extension Catalog.Chunks {
  /// The same with the chunks sorted by their first index, as in most files.
  fileprivate var inOrderOfRows: Catalog.Chunks {
    let isInOrder = zip(chunks, chunks.dropFirst()).allSatisfy { $0.startRow <= $1.startRow }
    guard !isInOrder else { return self }
    var sorted = self
    sorted.chunks.sort { $0.startRow < $1.startRow }
    return sorted
  }
}

extension Catalog.Chunks.Chunk {
  /// The first index; chunks without dimensions are refused before their order matters.
  fileprivate var startRow: Int { origin.first ?? 0 }
}
