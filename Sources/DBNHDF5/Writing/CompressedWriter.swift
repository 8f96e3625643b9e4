internal import DBNTensors
import Synchronization

/// Compresses tensors chunk by chunk on all cores and writes them into the file that was created
/// for them.
///
/// Chunks are processed in groups: while a group is compressed, the previous one is written and the
/// next one is fetched. Whatever the file's size, memory holds two groups, and the tensors of one
/// group if they have to be computed.
struct CompressedWriter {
  private let catalog: Catalog
  private let level: Int
  private let path: String
  private let progress: (@Sendable (Int) -> Void)?
  private let state: State

  /// The state that the writing and fetching thread changes while the others compress.
  private final class State: Sendable {
    let queue: Mutex<ChunkQueue>
    let compressed = Mutex<[StoredChunk]>([])
    let fetched = Mutex<[ChunkQueue.Chunk]>([])

    init(_ queue: ChunkQueue) {
      self.queue = Mutex(queue)
    }
  }

  /// - Parameters:
  ///   - path: the file's path, for the library.
  ///   - progress: called after each chunk with the number of bytes that were compressed.
  /// - Returns: the CRC-32 of each tensor's bytes, by the index of its dataset.
  static func write(
    _ plan: SchemaWriter, level: Int, at path: String,
    progress: (@Sendable (Int) -> Void)?
  ) throws(CheckpointError) -> [Int: UInt32] {
    let catalog = plan.catalog
    let tensors = catalog.datasets.enumerated().compactMap { index, dataset in
      dataset.chunkPlan.map {
        ChunkQueue.Tensor(
          dataset: index, name: dataset.path, plan: $0, storage: plan.contents[index])
      }
    }
    let writer = CompressedWriter(
      catalog: catalog, level: level, path: path, progress: progress,
      state: State(ChunkQueue(tensors)))
    let checksums = try writer.writeAll()
    for (dataset, checksum) in checksums {
      do throws(CheckpointError) {
        _ = try plan.contents[dataset].accept(checksum)
      } catch {
        throw error.with(name: catalog.datasets[dataset].path)
      }
    }
    return checksums
  }

  private func writeAll() throws(CheckpointError) -> [Int: UInt32] {
    var checksums: [Int: UInt32] = [:]
    while true {
      // If the next tensor must be alone in memory, nothing was fetched; fetch it now.
      if state.fetched.withLock(\.isEmpty) {
        try writeCompressed()
        try fetch(alone: true)
      }
      guard try compressFetched(&checksums) else { return checksums }
    }
  }

  /// Compresses the fetched group while the previous one is written and the next one is fetched.
  ///
  /// - Returns: false if there is none.
  private func compressFetched(
    _ checksums: inout [Int: UInt32]
  ) throws(CheckpointError) -> Bool {
    let group = state.fetched.withLock { exchange(&$0, with: []) }
    guard !group.isEmpty else { return false }
    let results = try concurrentMap(group.count + 1) { index throws(CheckpointError) in
      if index > 0 { return try compress(group[index - 1]) as CompressedChunk? }
      try writeCompressed()
      try fetch(alone: false)
      return nil
    }
    let compressed = results.compactMap(\.self)
    for (chunk, result) in zip(group, compressed) {
      checksums[chunk.dataset] = CRC32.combine(
        checksums[chunk.dataset] ?? 0, result.crc32, secondByteCount: chunk.part.count)
    }
    state.compressed.withLock { $0 = zip(group, compressed).map(stored) }
    return true
  }

  private func fetch(alone: Bool) throws(CheckpointError) {
    let chunks = try state.queue.withLock { queue throws(CheckpointError) in
      try queue.next(alone: alone)
    }
    state.fetched.withLock { $0 = chunks }
  }

  private func writeCompressed() throws(CheckpointError) {
    let chunks = state.compressed.withLock { exchange(&$0, with: []) }
    if !chunks.isEmpty { try CatalogWriter.add(chunks, at: path) }
  }

  private func compress(_ chunk: ChunkQueue.Chunk) throws(CheckpointError) -> CompressedChunk {
    let source = try chunk.tensor.slice(from: chunk.part.lowerBound, count: chunk.part.count)
    defer {
      source.release()
      progress?(source.count)
    }
    return try CompressedChunk(
      source, byteCount: chunk.plan.chunkByteCount, elementSize: chunk.plan.elementSize,
      level: level)
  }

  private func stored(_ chunk: ChunkQueue.Chunk, _ compressed: CompressedChunk) -> StoredChunk {
    StoredChunk(
      path: catalog.datasets[chunk.dataset].path, origin: chunk.origin, bytes: compressed.bytes,
      filterMask: compressed.filterMask)
  }
}

extension Catalog.Dataset {
  /// How the dataset is divided into chunks, if it will be compressed.
  fileprivate var chunkPlan: ChunkPlan? {
    guard case .chunked = extent, let shape, let elementSize = type.byteCount else { return nil }
    return ChunkPlan(shape: shape, elementSize: elementSize)
  }
}
