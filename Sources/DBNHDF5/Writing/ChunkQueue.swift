internal import DBNTensors

/// The chunks of all tensors to be compressed, in groups that are compressed and written together.
struct ChunkQueue {
  /// A chunk to be compressed.
  struct Chunk: Sendable {
    let dataset: Int
    let plan: ChunkPlan
    let origin: [Int]
    /// The bytes of its tensor, and its part of them.
    let tensor: any RandomAccessBytes
    let part: Range<Int>
  }

  /// A tensor to be divided into chunks.
  struct Tensor: Sendable {
    let dataset: Int
    let name: String
    let plan: ChunkPlan
    let storage: TensorStorage
  }

  /// Consecutive chunks of one tensor.
  private typealias Run = (tensor: Int, chunks: Range<Int>)

  private let tensors: [Tensor]
  /// The groups in reverse order: the next group is the last element.
  private var groups: [[Run]]
  /// The tensor that is open, as long as it has chunks left.
  private var opened: (tensor: Int, bytes: any RandomAccessBytes)?

  init(_ tensors: [Tensor]) {
    self.tensors = tensors
    groups = ChunkQueue.groups(of: tensors).reversed()
  }

  /// Takes the chunks of the next group. Only the tensors that they belong to are in memory, for as
  /// long as their chunks are.
  ///
  /// - Parameter alone: whether no chunks of other tensors are in memory. Otherwise a group is
  ///   taken only if it brings no further tensor into memory.
  mutating func next(alone: Bool) throws(CheckpointError) -> [Chunk] {
    guard let group = groups.last, alone || group.allSatisfy({ isAtHand($0.tensor) }) else {
      return []
    }
    groups.removeLast()
    var chunks: [Chunk] = []
    for run in group {
      let (tensor, bytes) = (tensors[run.tensor], try open(run.tensor))
      for index in run.chunks {
        let (origin, part) = tensor.plan.chunk(index)
        chunks.append(
          Chunk(
            dataset: tensor.dataset, plan: tensor.plan, origin: origin, tensor: bytes, part: part))
      }
      if run.chunks.upperBound == tensor.plan.chunkCount { opened = nil }
    }
    return chunks
  }

  private func isAtHand(_ tensor: Int) -> Bool {
    opened?.tensor == tensor || tensors[tensor].storage.openedByteCount == 0
  }

  private mutating func open(_ tensor: Int) throws(CheckpointError) -> any RandomAccessBytes {
    if let opened, opened.tensor == tensor { return opened.bytes }
    do throws(CheckpointError) {
      let bytes = try tensors[tensor].storage.openedUnchecked()
      opened = (tensor, bytes)
      return bytes
    } catch {
      throw error.with(name: tensors[tensor].name)
    }
  }
}

extension ChunkQueue {
  /// The number of chunks in a group: enough for many cores. It is the same on every machine,
  /// because the file's bytes depend on what is written together.
  private static let groupCount = 16
  /// The largest size of a group's tensors, if there are several.
  private static let groupByteCount = 8 << 20

  private static func groups(of tensors: [Tensor]) -> [[Run]] {
    var (groups, group, count, byteCount) = ([[Run]](), [Run](), 0, 0)
    func close() {
      if !group.isEmpty { groups.append(group) }
      (group, count, byteCount) = ([], 0, 0)
    }
    for (index, tensor) in tensors.enumerated() {
      // What is cast to a smaller type is in memory before the cast.
      let size = max(tensor.storage.byteCount, tensor.storage.openedByteCount)
      if byteCount + size > groupByteCount { close() }
      byteCount += size
      var first = 0
      while first < tensor.plan.chunkCount {
        let last = min(tensor.plan.chunkCount, first + groupCount - count)
        group.append((index, first..<last))
        count += last - first
        first = last
        if count == groupCount { close() }
      }
    }
    close()
    return groups
  }
}
