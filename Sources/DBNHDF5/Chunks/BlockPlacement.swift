internal import DBNTensors

/// How the elements of blocks lie in a dataset.
struct BlockPlacement: Sendable {
  /// Without the dimensions in which blocks are as long as the dataset: they are part of a step.
  private let shape: [Int]
  private let blockShape: [Int]
  /// The elements of one step in the last dimension that is left.
  private let stepCount: Int
  private let elementSize: Int

  /// - Parameters:
  ///   - shape: of the dataset, found to be countable in bytes.
  ///   - blockShape: as many sizes, found to be countable too.
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

  /// The range of the dataset's bytes that the block at `origin` has, if that is one run and the
  /// block is wholly inside.
  func run(of extent: [Int], at origin: [Int]) -> Range<Int>? {
    let extent = extent.prefix(shape.count)
    guard extent.elementsEqual(blockShape), extent.dropLast().allSatisfy({ $0 == 1 }) else {
      return nil
    }
    let start = layout(of: origin).start
    return start..<start + blockByteCount
  }

  /// Copies the part of a block that lies inside the shape to its position in the dataset.
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

  /// How elements lie in the dataset, from the one at this index on.
  private func layout(of origin: [Int]) -> ScatteredCopy.Layout {
    ScatteredCopy.Layout(
      rowMajor: shape + [stepCount], from: Array(origin.prefix(shape.count)),
      elementSize: elementSize)
  }
}
