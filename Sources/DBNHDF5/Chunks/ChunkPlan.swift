/// How a tensor is divided into chunks for compression: each is a contiguous range of its bytes, so
/// that nothing has to be gathered.
struct ChunkPlan: Sendable {
  /// The largest size of a chunk: large enough that finding it costs nothing, small enough that
  /// every core works on several and keeps them in its cache.
  static let byteCount = 512 << 10
  /// Tensors with fewer bytes stay contiguous: a chunk index would take the space that compression
  /// saves.
  static let leastByteCount = 16 << 10

  /// The shape of a chunk: leading sizes of 1, then a part of a dimension, then whole dimensions.
  let chunkShape: [Int]
  private let shape: [Int]
  let elementSize: Int
  /// The dimension that is divided.
  private let dimension: Int

  /// - Returns: nil for a tensor that stays contiguous.
  init?(shape: [Int], elementSize: Int) {
    guard !shape.isEmpty, shape.reduce(elementSize, *) >= ChunkPlan.leastByteCount else {
      return nil
    }
    var (chunkShape, cut) = (shape, 0)
    var stepByteCount = shape.dropFirst().reduce(elementSize, *)
    while stepByteCount > ChunkPlan.byteCount, cut + 1 < shape.count {
      chunkShape[cut] = 1
      cut += 1
      stepByteCount /= shape[cut]
    }
    let most = max(1, ChunkPlan.byteCount / stepByteCount)
    let count = (shape[cut] + most - 1) / most
    // Chunks have about equal size, so that the last is not mostly padding.
    chunkShape[cut] = (shape[cut] + count - 1) / count
    self.chunkShape = chunkShape
    self.shape = shape
    self.elementSize = elementSize
    dimension = cut
  }

  /// The bytes of a chunk, all of which are stored; those beyond the shape are zero.
  var chunkByteCount: Int { chunkShape.reduce(elementSize, *) }

  var chunkCount: Int { shape.prefix(dimension).reduce(chunksInDimension, *) }

  /// The index of the chunk's first element, and the range of the tensor's bytes in it.
  func chunk(_ index: Int) -> (origin: [Int], bytes: Range<Int>) {
    var origin = [Int](repeating: 0, count: shape.count)
    origin[dimension] = index % chunksInDimension * chunkShape[dimension]
    var outer = index / chunksInDimension
    let stepByteCount = shape.dropFirst(dimension + 1).reduce(elementSize, *)
    let start = (outer * shape[dimension] + origin[dimension]) * stepByteCount
    let count = min(chunkShape[dimension], shape[dimension] - origin[dimension])
    for leading in (0..<dimension).reversed() {
      origin[leading] = outer % shape[leading]
      outer /= shape[leading]
    }
    return (origin, start..<start + count * stepByteCount)
  }

  private var chunksInDimension: Int {
    (shape[dimension] + chunkShape[dimension] - 1) / chunkShape[dimension]
  }
}
