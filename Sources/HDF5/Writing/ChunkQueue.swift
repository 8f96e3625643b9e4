internal import Tensors

/// The chunks of all tensors that are compressed, in the order in which they are written.
struct ChunkQueue {
  /// A chunk to be compressed.
  struct Chunk: Sendable {
    let dataset: Int
    let plan: ChunkPlan
    let origin: [Int]
    let source: ByteRegion
  }

  /// A tensor to be cut up.
  struct Tensor: Sendable {
    let dataset: Int
    let name: String
    let plan: ChunkPlan
    let storage: TensorStorage
  }

  /// The next is the last.
  private var pending: [Tensor]
  /// The next tensor's bytes, once they were asked for, and its next chunk.
  private var bytes: ByteRegion?
  private var index = 0

  init(_ tensors: [Tensor]) {
    pending = tensors.reversed()
  }

  /// Takes the next chunks, at most `count`; only the tensors they belong to are in memory.
  mutating func next(_ count: Int) throws(CheckpointError) -> [Chunk] {
    var chunks: [Chunk] = []
    while chunks.count < count, let tensor = pending.last {
      let region = try bytes(of: tensor)
      let (origin, part) = tensor.plan.chunk(index)
      chunks.append(
        Chunk(
          dataset: tensor.dataset, plan: tensor.plan, origin: origin,
          source: try region.slice(from: part.lowerBound, count: part.count)))
      index += 1
      if index == tensor.plan.chunkCount {
        pending.removeLast()
        (bytes, index) = (nil, 0)
      }
    }
    return chunks
  }

  private mutating func bytes(of tensor: Tensor) throws(CheckpointError) -> ByteRegion {
    if let bytes { return bytes }
    do throws(CheckpointError) {
      let region = try tensor.storage.unverifiedBytes()
      bytes = region
      return region
    } catch {
      throw error.with(name: tensor.name)
    }
  }
}
