internal import DBNTensors

/// How the elements of blocks are placed in a dataset.
struct BlockPlacement: Sendable {
  /// The shape without the last dimensions in which blocks are as long as the dataset; these are
  /// merged into a step.
  private let shape: [Int]
  private let blockShape: [Int]
  /// The number of elements in one step of the last remaining dimension.
  private let stepCount: Int
  private let elementSize: Int

  /// - Parameters:
  ///   - shape: the dataset's shape, whose byte count is known not to overflow.
  ///   - blockShape: as many sizes, whose byte count does not overflow either.
  init(shape: [Int], blockShape: [Int], elementSize: Int) {
    var (rank, step) = (shape.count, 1)
    while rank > 1, shape[rank - 1] == blockShape[rank - 1] {
      step *= shape[rank - 1]
      rank -= 1
    }
    self.shape = Array(shape.prefix(rank))
    self.blockShape = Array(blockShape.prefix(rank))
    self.elementSize = elementSize
    stepCount = step
  }

  private var blockCount: Int { blockShape.reduce(stepCount, *) }

  var blockByteCount: Int { blockCount * elementSize }

  /// The range of the dataset's bytes in the block at `origin`, if it is contiguous and the block
  /// is completely inside the shape.
  func run(of extent: [Int], at origin: [Int]) -> Range<Int>? {
    let extent = extent.prefix(shape.count)
    guard extent.elementsEqual(blockShape), extent.dropLast().allSatisfy({ $0 == 1 }) else {
      return nil
    }
    let start = layout(of: origin).start
    return start..<start + blockByteCount
  }

  /// Copies the part of a block that is inside the shape to its position in the dataset.
  ///
  /// - Parameter isShuffled: whether the block has the first bytes of all elements, then the second
  ///   bytes, and so on.
  func copy(of extent: [Int], at origin: [Int], isShuffled: Bool) -> ScatteredCopy {
    let elements = Array(extent.prefix(shape.count)) + [stepCount]
    let block = ScatteredCopy.Layout(
      rowMajor: blockShape + [stepCount], elementSize: isShuffled ? 1 : elementSize)
    let target = layout(of: origin)
    guard isShuffled else {
      return ScatteredCopy(shape: elements, from: block, to: target, elementSize: elementSize)
    }
    return ScatteredCopy(
      shape: elements + [elementSize], from: .init(strides: block.strides + [blockCount]),
      to: .init(start: target.start, strides: target.strides + [1]), elementSize: 1)
  }

  /// The layout of elements in the dataset, starting at this index.
  private func layout(of origin: [Int]) -> ScatteredCopy.Layout {
    ScatteredCopy.Layout(
      rowMajor: shape + [stepCount], from: Array(origin.prefix(shape.count)),
      elementSize: elementSize)
  }
}
