internal import DBNTensors

/// The numbering of a dataset's chunks in its chunk index.
///
/// Source: HDF5 File Format Specification 3.0, appendix VII; `H5D__chunk_set_info_real` and
/// `H5D__earray_idx_insert` in HDF5's sources.
struct ChunkGrid {
  let chunkShape: [Int]
  /// The number of chunks in each dimension at the dataset's maximum size; nil if it is unlimited.
  private let counts: [Int?]
  /// The order in which dimensions are counted, the slowest first.
  private let order: [Int]
  /// The bytes of a chunk before filtering.
  let chunkByteCount: Int

  /// - Parameter isGrowing: whether the unlimited dimension is counted as the slowest.
  init(
    _ space: Dataspace, chunkShape: [Int], elementByteCount: Int, isGrowing: Bool
  ) throws(CheckpointError) {
    let shape = space.shape ?? []
    guard chunkShape.count == shape.count, chunkShape.allSatisfy({ $0 > 0 }) else {
      throw CheckpointError(
        .invalidChunk, "its chunks do not have the dataset's dimensions",
        advice: "the file is damaged; get it again")
    }
    self.chunkShape = chunkShape
    chunkByteCount = try Tensor.byteCount(of: .uint8, shape: chunkShape + [elementByteCount])
    counts = zip(space.maximumShape, chunkShape).map { size, part in
      size.map { $0 / part + ($0 % part == 0 ? 0 : 1) }
    }
    var order = Array(shape.indices)
    if isGrowing, let growing = space.maximumShape.firstIndex(of: nil) {
      order.remove(at: growing)
      order.insert(growing, at: 0)
    }
    self.order = order
  }

  /// The index of the first element of the chunk with a number; nil if there is no such chunk.
  func origin(of number: Int) -> [Int]? {
    var (rest, scaled) = (number, [Int](repeating: 0, count: chunkShape.count))
    for dimension in order.dropFirst().reversed() {
      guard let count = counts[dimension], count > 0 else { return nil }
      scaled[dimension] = rest % count
      rest /= count
    }
    if let slowest = order.first {
      if let count = counts[slowest], rest >= count { return nil }
      scaled[slowest] = rest
    }
    return origin(ofScaled: scaled)
  }

  /// The index of the first element of the chunk at a position in the grid; nil if it overflows.
  func origin(ofScaled scaled: [Int]) -> [Int]? {
    var origin: [Int] = []
    for (position, size) in zip(scaled, chunkShape) {
      let (start, overflow) = position.multipliedReportingOverflow(by: size)
      guard !overflow else { return nil }
      origin.append(start)
    }
    return origin
  }

  /// The largest number of chunks; nil if it is unlimited or overflows.
  var chunkCount: Int? {
    var product = 1
    for count in counts {
      guard let count else { return nil }
      let (next, overflow) = product.multipliedReportingOverflow(by: count)
      guard !overflow else { return nil }
      product = next
    }
    return product
  }
}
