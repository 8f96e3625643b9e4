internal import Tensors

/// How the elements of a block lie in the dataset: in rows, each in one run in both.
///
/// Dimensions in which blocks are as long as the dataset are part of the row.
struct BlockRows: Sendable {
  /// Without the dimensions that are part of the rows, the first of them as long as its part.
  private let shape: [Int]
  private let blockShape: [Int]
  /// The bytes of one step in the last dimension that is left.
  private let stepByteCount: Int

  /// - Parameters:
  ///   - shape: of the dataset, found to be countable in bytes.
  ///   - blockShape: as many sizes, found to be countable too.
  init(shape: [Int], blockShape: [Int], elementSize: Int) {
    var (rank, step) = (shape.count, elementSize)
    while rank > 1, shape[rank - 1] == blockShape[rank - 1] {
      step *= shape[rank - 1]
      rank -= 1
    }
    self.shape = Array(shape.prefix(rank))
    self.blockShape = Array(blockShape.prefix(rank))
    stepByteCount = step
  }

  var blockByteCount: Int { blockShape.reduce(stepByteCount, *) }

  /// The bytes of the dataset that the block at `origin` is, if that is one run and no part of the
  /// block lies outside.
  func run(of extent: [Int], at origin: [Int]) -> Range<Int>? {
    let extent = extent.prefix(shape.count)
    guard extent.elementsEqual(blockShape), extent.dropLast().allSatisfy({ $0 == 1 }) else {
      return nil
    }
    let start = offset(of: origin, in: shape)
    return start..<start + blockByteCount
  }

  /// Copies the rows of a block that lie inside the shape.
  func copy(
    _ block: ByteRegion, at origin: [Int], extent: [Int], to buffer: UnsafeMutableRawBufferPointer
  ) {
    let extent = Array(extent.prefix(shape.count))
    let rowByteCount = (extent.last ?? 1) * stepByteCount
    var position = [Int](repeating: 0, count: shape.count)
    block.withBytes { bytes in
      bytes.withUnsafeBytes { source in
        for _ in 0..<extent.dropLast().reduce(1, *) {
          let from = offset(of: position, in: blockShape)
          let to = offset(of: zip(origin, position).map(+), in: shape)
          UnsafeMutableRawBufferPointer(rebasing: buffer[to...])
            .copyMemory(
              from: UnsafeRawBufferPointer(rebasing: source[from...].prefix(rowByteCount)))
          position.advance(within: extent)
        }
      }
    }
  }

  /// Where the element at an index lies in an array of this shape, in bytes.
  private func offset(of index: [Int], in shape: [Int]) -> Int {
    zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 } * stepByteCount
  }
}

extension [Int] {
  /// The index of the next row in row-major order; the last dimension stands still.
  fileprivate mutating func advance(within extent: [Int]) {
    for dimension in indices.dropLast().reversed() {
      self[dimension] += 1
      if self[dimension] < extent[dimension] { return }
      self[dimension] = 0
    }
  }
}
