internal import Tensors

/// The chunks of all tensors that are compressed, in the order in which they are written.
struct ChunkQueue {
  /// A chunk to be compressed.
  struct Chunk: Sendable {
    let dataset: Int
    let plan: ChunkPlan
    let origin: [Int]
    /// The bytes of its tensor, and which of them it holds.
    let tensor: OpenedBytes
    let part: Range<Int>
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
  private var opened: OpenedBytes?
  private var index = 0

  init(_ tensors: [Tensor]) {
    pending = tensors.reversed()
  }

  /// Takes the next chunks, at most `count`; only the tensors they belong to are in memory.
  ///
  /// A large tensor has groups of its own. One that has to be computed is in memory as long as its
  /// chunks are.
  ///
  /// - Parameter alone: whether there are no chunks of other tensors any more. If there are, none
  ///   is taken of a tensor that would be in memory beside them.
  mutating func next(_ count: Int, alone: Bool) throws(CheckpointError) -> [Chunk] {
    var chunks: [Chunk] = []
    while chunks.count < count, let tensor = pending.last {
      if opened == nil, tensor.isLarge {
        guard chunks.isEmpty, alone || tensor.storage.isInPlace else { break }
      }
      let bytes = try open(tensor)
      let (origin, part) = tensor.plan.chunk(index)
      chunks.append(
        Chunk(
          dataset: tensor.dataset, plan: tensor.plan, origin: origin, tensor: bytes, part: part))
      index += 1
      guard index == tensor.plan.chunkCount else { continue }
      pending.removeLast()
      (opened, index) = (nil, 0)
      if tensor.isLarge { break }
    }
    return chunks
  }

  private mutating func open(_ tensor: Tensor) throws(CheckpointError) -> OpenedBytes {
    if let opened { return opened }
    do throws(CheckpointError) {
      let bytes = try tensor.storage.opened()
      opened = bytes
      return bytes
    } catch {
      throw error.with(name: tensor.name)
    }
  }
}

extension ChunkQueue.Tensor {
  /// The size from which two of them are not in memory at once.
  private static let largeByteCount = 4 << 20

  fileprivate var isLarge: Bool { storage.byteCount >= Self.largeByteCount }
}
