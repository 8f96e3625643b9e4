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

  /// The bytes of the dataset that the block at `origin` is, if that is one run and no part of the
  /// block lies outside.
  func run(of extent: [Int], at origin: [Int]) -> Range<Int>? {
    let extent = extent.prefix(shape.count)
    guard extent.elementsEqual(blockShape), extent.dropLast().allSatisfy({ $0 == 1 }) else {
      return nil
    }
    let start = place(of: origin).start
    return start..<start + blockByteCount
  }

  /// What puts the part of a block that lies inside the shape to its place in the dataset.
  ///
  /// - Parameter isShuffled: of the block's elements the first bytes come first, then the second.
  func copy(of extent: [Int], at origin: [Int], isShuffled: Bool) -> ScatteredCopy {
    let elements = Array(extent.prefix(shape.count)) + [stepCount]
    let block = ScatteredCopy.Layout(
      rowMajor: blockShape + [stepCount], elementSize: isShuffled ? 1 : elementSize)
    let place = place(of: origin)
    guard isShuffled else {
      return ScatteredCopy(shape: elements, from: block, to: place, elementSize: elementSize)
    }
    return ScatteredCopy(
      shape: elements + [elementSize], from: .init(strides: block.strides + [blockCount]),
      to: .init(start: place.start, strides: place.strides + [1]), elementSize: 1)
  }

  /// How the dataset's elements lie in it, from the one at an index on.
  private func place(of origin: [Int]) -> ScatteredCopy.Layout {
    ScatteredCopy.Layout(
      rowMajor: shape + [stepCount], from: Array(origin.prefix(shape.count)),
      elementSize: elementSize)
  }
}
