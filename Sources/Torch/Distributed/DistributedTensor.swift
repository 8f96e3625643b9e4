import Tensors

/// A tensor put together from the chunks that several ranks saved.
struct DistributedTensor {
  typealias Chunk = DistributedMetadata.Chunk

  private let entry: DistributedMetadata.TensorEntry
  private let byteCount: Int

  /// The most chunks of one tensor: each is held against each. The largest jobs have some thousand
  /// ranks.
  private static let maximumChunkCount = 20_000

  /// - Throws: `distributedChunks` unless the chunks make up the tensor without holes and overlaps.
  init(_ entry: DistributedMetadata.TensorEntry) throws(CheckpointError) {
    self.entry = entry
    byteCount = try Tensor.byteCount(of: entry.scalarType, shape: entry.size)
    guard entry.chunks.count <= Self.maximumChunkCount else {
      throw CheckpointError(
        .limitExceeded,
        "is in \(entry.chunks.count) chunks; at most \(Self.maximumChunkCount) "
          + "can be read", advice: "save it from fewer ranks")
    }
    try checkChunks()
  }

  private func checkChunks() throws(CheckpointError) {
    var covered = 0
    let chunks = entry.chunks.filter { !$0.sizes.contains(0) }
    for (index, chunk) in chunks.enumerated() {
      guard chunk.isInside(entry.size) else {
        throw wrong("the chunk at \(chunk.offsets) of sizes \(chunk.sizes) lies outside it")
      }
      if let other = chunks[..<index].first(where: { $0.overlaps(chunk) }) {
        throw wrong("the chunks at \(other.offsets) and \(chunk.offsets) overlap")
      }
      // Inside, and so no larger than the tensor; apart, and so together no larger either.
      covered += chunk.sizes.reduce(entry.scalarType.byteCount, *)
    }
    guard covered == byteCount else {
      throw wrong("its chunks hold \(covered) bytes of \(byteCount)")
    }
  }

  /// The tensor over the bytes of its chunks, which are given by the place of each in the entry.
  func tensor(
    _ parts: (Chunk) throws(CheckpointError) -> Tensor
  ) throws(CheckpointError) -> Tensor {
    var pieces: [(copy: ChunkCopy, bytes: TensorStorage)] = []
    // Ranks that had no part of the tensor may or may not have saved that.
    for chunk in entry.chunks where !chunk.sizes.contains(0) {
      let part = try parts(chunk)
      guard part.scalarType == entry.scalarType, part.shape == chunk.sizes else {
        throw CheckpointError(
          .distributedContent,
          "the chunk at \(chunk.offsets) should be \(entry.scalarType.name) \(chunk.sizes), and is "
            + "\(part.scalarType.name) \(part.shape)",
          advice: "the checkpoint is damaged or mixed from two; get it again")
      }
      pieces.append((ChunkCopy(chunk, in: entry.size, entry.scalarType), part.storage))
    }
    return try Tensor(
      entry.scalarType, shape: entry.size, storage: storage(pieces),
      requiresGrad: entry.requiresGrad)
  }

  private func storage(_ pieces: [(copy: ChunkCopy, bytes: TensorStorage)]) -> TensorStorage {
    if pieces.isEmpty { return TensorStorage(ByteRegion([])) }
    if pieces.count == 1 { return pieces[0].bytes }
    return TensorStorage(computing: byteCount) { target throws(CheckpointError) in
      for (copy, bytes) in pieces {
        try bytes.withBytes { source throws(CheckpointError) in
          source.withUnsafeBytes { copy.copy(from: $0, to: target) }
        }
      }
    }
  }

  private func wrong(_ reason: String) -> CheckpointError {
    CheckpointError(
      .distributedChunks, reason, advice: "the checkpoint is damaged; get it again")
  }
}

extension DistributedMetadata.Chunk {
  fileprivate func isInside(_ size: [Int]) -> Bool {
    offsets.count == size.count && sizes.count == size.count
      && size.indices.allSatisfy {
        offsets[$0] <= size[$0] && sizes[$0] <= size[$0] - offsets[$0]
      }
  }

  /// Whether two boxes inside one tensor have an element in common.
  fileprivate func overlaps(_ other: Self) -> Bool {
    offsets.indices.allSatisfy {
      offsets[$0] < other.offsets[$0] + other.sizes[$0]
        && other.offsets[$0] < offsets[$0] + sizes[$0]
    }
  }
}

/// Copies a chunk's elements to their place in the whole tensor, in runs as long as possible.
struct ChunkCopy: Sendable {
  private let run: Int
  private let start: Int
  /// From the slowest to the fastest: how many, and how many bytes apart in the whole.
  private let dimensions: [(count: Int, stride: Int)]

  init(_ chunk: DistributedMetadata.Chunk, in size: [Int], _ type: ScalarType) {
    var stride = type.byteCount
    var (run, start, isRun) = (stride, 0, true)
    var dimensions: [(count: Int, stride: Int)] = []
    for index in size.indices.reversed() {
      start += chunk.offsets[index] * stride
      if isRun {
        run *= chunk.sizes[index]
        isRun = chunk.sizes[index] == size[index]
      } else {
        dimensions.append((chunk.sizes[index], stride))
      }
      stride *= size[index]
    }
    self.run = run
    self.start = start
    self.dimensions = dimensions.reversed()
  }

  func copy(from source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer) {
    guard let from = source.baseAddress, let to = target.baseAddress else { return }
    var counters = [Int](repeating: 0, count: dimensions.count)
    var place = start
    for offset in stride(from: 0, to: source.count, by: run) {
      (to + place).copyMemory(from: from + offset, byteCount: run)
      advance(&counters, &place)
    }
  }

  private func advance(_ counters: inout [Int], _ place: inout Int) {
    for index in dimensions.indices.reversed() {
      counters[index] += 1
      place += dimensions[index].stride
      if counters[index] < dimensions[index].count { return }
      place -= dimensions[index].stride * dimensions[index].count
      counters[index] = 0
    }
  }
}
