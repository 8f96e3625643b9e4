import DBNTensors

/// A tensor assembled from the chunks that several ranks saved.
struct DistributedTensor {
  typealias Chunk = DistributedMetadata.Chunk

  private let entry: DistributedMetadata.TensorEntry
  private let byteCount: Int

  /// The largest number of chunks of one tensor, which are compared pairwise. The largest jobs have
  /// some thousand ranks.
  private static let maximumChunkCount = 20_000

  /// - Throws: `distributedChunks` unless the chunks cover the tensor without gaps and overlaps.
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
        throw wrong("the chunk at \(chunk.offsets) of sizes \(chunk.sizes) lies outside the tensor")
      }
      if let other = chunks[..<index].first(where: { $0.overlaps(chunk) }) {
        throw wrong("the chunks at \(other.offsets) and \(chunk.offsets) overlap")
      }
      // No overflow: disjoint chunks inside the tensor are together no larger than it.
      covered += chunk.sizes.reduce(entry.scalarType.byteCount, *)
    }
    guard covered == byteCount else {
      throw wrong("its chunks hold only \(covered) of its \(byteCount) bytes")
    }
  }

  /// The tensor backed by its chunks' bytes, which are given by the chunk's index in the entry.
  func tensor(
    _ parts: (Chunk) throws(CheckpointError) -> Tensor
  ) throws(CheckpointError) -> Tensor {
    var pieces: [(copy: ScatteredCopy, bytes: TensorStorage)] = []
    // Ranks without a part of the tensor may have saved an empty chunk or none.
    for chunk in entry.chunks where !chunk.sizes.contains(0) {
      let part = try parts(chunk)
      guard part.scalarType == entry.scalarType, part.shape == chunk.sizes else {
        throw CheckpointError(
          .distributedContent,
          "the chunk at \(chunk.offsets) should be \(entry.scalarType.name) \(chunk.sizes), but is "
            + "\(part.scalarType.name) \(part.shape)",
          advice: "the checkpoint is damaged or mixes files of two; get it again")
      }
      pieces.append((chunk.copy(into: entry.size, entry.scalarType), part.storage))
    }
    return try Tensor(
      entry.scalarType, shape: entry.size, storage: storage(pieces),
      requiresGrad: entry.requiresGrad)
  }

  private func storage(_ pieces: [(copy: ScatteredCopy, bytes: TensorStorage)]) -> TensorStorage {
    if pieces.isEmpty { return TensorStorage(ByteRegion([])) }
    if pieces.count == 1 { return pieces[0].bytes }
    return TensorStorage(
      ScatteredBytes(byteCount: byteCount, pieces.map { (storage: $0.bytes, copy: $0.copy) }))
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

  /// Copies the chunk's elements to their positions in the whole tensor.
  func copy(into size: [Int], _ type: ScalarType) -> ScatteredCopy {
    let elementSize = type.byteCount
    return ScatteredCopy(
      shape: sizes, from: .init(rowMajor: sizes, elementSize: elementSize),
      to: .init(rowMajor: size, from: offsets, elementSize: elementSize), elementSize: elementSize)
  }
}
