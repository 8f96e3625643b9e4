/// Copies the elements of a strided view into row-major order.
///
/// Contiguous dimensions are merged first, so that runs are as long as possible.
struct StridedCopy: Sendable {
  private struct Dimension {
    var count: Int
    /// The distance between neighbours in bytes.
    var stride: Int
  }

  private let start: Int
  private let elementSize: Int
  /// The dimensions from the slowest to the fastest, without the two innermost.
  private let outer: [Dimension]
  private let rows: Dimension
  private let columns: Dimension

  /// The columns copied at a time in a transposed plane, where every element would touch another
  /// cache line: 16 float32 elements fill a line of the target.
  private static let tile = 16

  init(_ view: StridedView) {
    elementSize = view.elementSize
    start = view.layout.start
    var dimensions: [Dimension] = []
    for (count, stride) in zip(view.shape, view.layout.strides) where count != 1 {
      let dimension = Dimension(count: count, stride: stride)
      if let last = dimensions.last, last.stride == stride * count {
        dimensions[dimensions.count - 1] = Dimension(count: last.count * count, stride: stride)
      } else {
        dimensions.append(dimension)
      }
    }
    columns = dimensions.popLast() ?? Dimension(count: 1, stride: elementSize)
    rows = dimensions.popLast() ?? Dimension(count: 1, stride: 0)
    outer = dimensions
  }

  /// Fills `target` with a range of the bytes in row-major order, which begins and ends between
  /// elements. The source's pages are released along the way.
  func copy(
    _ range: Range<Int>, from source: ByteRegion, to target: UnsafeMutableRawBufferPointer
  ) {
    source.withBytes { bytes in
      bytes.withUnsafeBytes { bytes in
        guard let from = bytes.baseAddress, let to = target.baseAddress else { return }
        let planeSize = rows.count * columns.count * elementSize
        var (counters, position) = place(ofPlane: range.lowerBound / planeSize)
        var reader = Reader(source: source)
        var offset = range.lowerBound
        while offset < range.upperBound {
          let inPlane = offset % planeSize
          let part = inPlane..<min(planeSize, inPlane + range.upperBound - offset)
          copyPlane(part, from: from + position, to: to + (offset - range.lowerBound), &reader)
          advance(&counters, &position)
          offset += part.count
        }
      }
    }
  }

  /// The indices of the outer dimensions at a plane, and where it starts in the source.
  private func place(ofPlane plane: Int) -> (counters: [Int], position: Int) {
    var (counters, position, rest) = ([Int](repeating: 0, count: outer.count), start, plane)
    for index in outer.indices.reversed() {
      counters[index] = rest % outer[index].count
      position += counters[index] * outer[index].stride
      rest /= outer[index].count
    }
    return (counters, position)
  }

  /// Copies a part of a plane: whole rows at once, and parts of rows at its start and its end.
  private func copyPlane(
    _ part: Range<Int>, from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer,
    _ reader: inout Reader
  ) {
    let rowSize = columns.count * elementSize
    var offset = part.lowerBound
    while offset < part.upperBound {
      let (row, inRow) = offset.quotientAndRemainder(dividingBy: rowSize)
      let rest = part.upperBound - offset
      let wholeRows = inRow == 0 ? rest / rowSize : 0
      let block =
        wholeRows > 0
        ? Block(rows: wholeRows, columns: columns.count)
        : Block(rows: 1, columns: min(rowSize - inRow, rest) / elementSize)
      copyBlock(
        block, from: source + row * rows.stride + inRow / elementSize * columns.stride,
        to: target + (offset - part.lowerBound), &reader)
      offset += block.rows * block.columns * elementSize
    }
  }

  /// A number of neighbouring rows of a plane, or of neighbouring elements of one row.
  private struct Block {
    let rows: Int
    let columns: Int
  }

  /// Tracks how much of the source was read.
  private struct Reader {
    /// How many bytes are read before their pages are released.
    static let byteCount = 1 << 20
    /// The number of bytes that the kernel usually maps into memory around a byte that is read
    /// (`fault_around_bytes`).
    static let mappedByteCount = 64 << 10

    let source: ByteRegion
    private var pending = 0

    init(source: ByteRegion) { self.source = source }

    /// - Parameter count: the bytes that were read, including those around them.
    mutating func didRead(_ count: Int) {
      pending += count
      guard pending >= Self.byteCount else { return }
      source.release(pending)
      pending = 0
    }
  }

  /// Moves to the next plane, like an odometer.
  private func advance(_ counters: inout [Int], _ position: inout Int) {
    for index in outer.indices.reversed() {
      counters[index] += 1
      position += outer[index].stride
      if counters[index] < outer[index].count { return }
      position -= outer[index].stride * outer[index].count
      counters[index] = 0
    }
  }

  private func copyBlock(
    _ block: Block, from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer,
    _ reader: inout Reader
  ) {
    if columns.stride == elementSize {
      let size = block.columns * elementSize
      for row in 0..<block.rows {
        copyRun(from: source + row * rows.stride, to: target + row * size, size, &reader)
      }
      return
    }
    switch elementSize {
    case 1: copyElements(UInt8.self, block, from: source, to: target, &reader)
    case 2: copyElements(UInt16.self, block, from: source, to: target, &reader)
    case 4: copyElements(UInt32.self, block, from: source, to: target, &reader)
    case 8: copyElements(UInt64.self, block, from: source, to: target, &reader)
    default: copyElements(UInt128.self, block, from: source, to: target, &reader)
    }
  }

  private func copyRun(
    from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, _ byteCount: Int,
    _ reader: inout Reader
  ) {
    for start in stride(from: 0, to: byteCount, by: Reader.byteCount) {
      let count = min(Reader.byteCount, byteCount - start)
      (target + start).copyMemory(from: source + start, byteCount: count)
      reader.didRead(count)
    }
  }

  /// Copies a block in tiles: if it is transposed, tiles have all rows, so that the source is
  /// read line by line; otherwise one row, as long as is read at a time.
  private func copyElements<Element: BitwiseCopyable>(
    _ type: Element.Type, _ block: Block, from source: UnsafeRawPointer,
    to target: UnsafeMutableRawPointer, _ reader: inout Reader
  ) {
    let isTransposed = rows.stride < columns.stride
    let tile = isTransposed ? Self.tile : max(1, Reader.byteCount / max(1, columns.stride))
    let rowsAtATime = isTransposed ? block.rows : 1
    let touched = min(columns.stride, rowsAtATime * Reader.mappedByteCount)
    for row in stride(from: 0, to: block.rows, by: rowsAtATime) {
      for first in stride(from: 0, to: block.columns, by: tile) {
        let last = min(first + tile, block.columns)
        copyTile(
          row..<row + rowsAtATime, first..<last, of: block, type, from: source, to: target)
        reader.didRead((last - first) * touched)
      }
    }
  }

  private func copyTile<Element: BitwiseCopyable>(
    _ rowRange: Range<Int>, _ columnRange: Range<Int>, of block: Block, _ type: Element.Type,
    from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer
  ) {
    let size = MemoryLayout<Element>.size
    for row in rowRange {
      let (from, to) = (source + row * rows.stride, target + row * block.columns * size)
      for column in columnRange {
        let element = from.loadUnaligned(fromByteOffset: column * columns.stride, as: type)
        to.storeBytes(of: element, toByteOffset: column * size, as: type)
      }
    }
  }
}
