/// Copies the elements of an array that is read in order, in pieces, to their offsets in another
/// array: supports parts of either array, permuted dimensions, and source elements that are used
/// more than once.
package struct ScatteredCopy: Sendable {
  /// The offsets of a shape's elements in an array.
  package struct Layout: Sendable {
    /// The offset of the first element in bytes.
    package var start: Int
    /// The stride of each dimension in bytes. None is negative.
    package var strides: [Int]

    package init(start: Int = 0, strides: [Int]) {
      self.start = start
      self.strides = strides
    }

    /// The layout of a contiguous row-major array of this shape, starting at an element.
    ///
    /// - Parameter origin: the index of the element to start at; nil for the array's first.
    package init(rowMajor shape: [Int], from origin: [Int]? = nil, elementSize: Int) {
      strides = shape
      var stride = elementSize
      for dimension in shape.indices.reversed() {
        strides[dimension] = stride
        stride *= shape[dimension]
      }
      start = zip(origin ?? [], strides).reduce(0) { $0 + $1.0 * $1.1 }
    }
  }

  fileprivate struct Dimension {
    var count: Int
    /// The strides in bytes in the source and in the target.
    let from, to: Int
  }

  private let fromStart, toStart: Int
  /// All dimensions but the two innermost, sorted by their strides in the source, largest first, so
  /// that rows are visited roughly in source order.
  private let outer: [Dimension]
  /// For each of the outer dimensions, the extent in bytes that one index of it covers in the
  /// source.
  private let reaches: [Int]
  private let row: Dimension
  /// The number of bytes that are contiguous on both sides.
  private let run: Int

  /// - Parameters:
  ///   - shape: the shape of the copied elements; no size is zero.
  ///   - source: their layout in the array that is read.
  ///   - target: their layout in the array that is written; no two at the same offset.
  package init(shape: [Int], from source: Layout, to target: Layout, elementSize: Int) {
    var dimensions = zip(shape, zip(source.strides, target.strides)).filter { $0.0 != 1 }
      .map { Dimension(count: $0.0, from: $0.1.0, to: $0.1.1) }
    dimensions.sort { $0.from > $1.from }
    dimensions.append(Dimension(count: elementSize, from: 1, to: 1))
    dimensions = Self.merged(dimensions)
    run = dimensions.removeLast().count
    row = dimensions.popLast() ?? Dimension(count: 1, from: run, to: run)
    var (reach, reaches) = ((row.count - 1) * row.from + run, [Int]())
    for dimension in dimensions.reversed() {
      reaches.append(reach)
      reach += (dimension.count - 1) * dimension.from
    }
    self.reaches = reaches.reversed()
    outer = dimensions
    fromStart = source.start
    toStart = target.start
  }

  /// Merges dimensions that are contiguous with each other on both sides.
  private static func merged(_ dimensions: [Dimension]) -> [Dimension] {
    var merged: [Dimension] = []
    for dimension in dimensions {
      if let last = merged.last, last.from == dimension.from * dimension.count,
        last.to == dimension.to * dimension.count
      {
        merged[merged.count - 1] = Dimension(
          count: last.count * dimension.count, from: dimension.from, to: dimension.to)
      } else {
        merged.append(dimension)
      }
    }
    return merged
  }

  /// Copies the elements in a piece of the source; it may begin or end within an element.
  ///
  /// - Parameters:
  ///   - offset: the offset of the piece in the source.
  ///   - first: the offset of the buffer in the target, if it has only a part of it: that to which
  ///     the piece's elements go.
  package func copy(
    _ piece: RawSpan, at offset: Int, to target: UnsafeMutableRawBufferPointer,
    from first: Int = 0
  ) {
    guard let target = target.baseAddress else { return }
    piece.withUnsafeBytes { bytes in
      forEachRow(in: offset..<offset + bytes.count) { from, to in
        copyRow(bytes, from: from - offset, to: target + (to - first))
      }
    }
  }

  /// Iterates over the outer dimensions like an odometer, but only over rows that reach into these
  /// bytes of the source. The body gets each row's offset in the source and in the target.
  private func forEachRow(in piece: Range<Int>, _ body: (Int, Int) -> Void) {
    var levels: [(indices: Range<Int>, from: Int, to: Int)] = []
    func enter(_ from: Int, _ to: Int) {
      guard levels.count < outer.count else { return body(from, to) }
      let (dimension, reach) = (outer[levels.count], reaches[levels.count])
      let indices = dimension.indices(
        from: piece.lowerBound - from - reach + 1, through: piece.upperBound - 1 - from)
      levels.append((indices, from, to))
    }
    enter(fromStart, toStart)
    while let level = levels.last {
      guard let index = level.indices.first else {
        levels.removeLast()
        continue
      }
      let dimension = outer[levels.count - 1]
      levels[levels.count - 1].indices.removeFirst()
      enter(level.from + index * dimension.from, level.to + index * dimension.to)
    }
  }

  /// - Parameter from: the row's offset in the piece; negative if it begins before it.
  private func copyRow(
    _ piece: UnsafeRawBufferPointer, from: Int, to target: UnsafeMutableRawPointer
  ) {
    let touched = row.indices(from: 1 - run - from, through: piece.count - 1 - from)
    let whole = row.indices(from: -from, through: piece.count - run - from).clamped(to: touched)
    for index in touched.lowerBound..<whole.lowerBound { copyPart(piece, from, index, target) }
    if !whole.isEmpty, let source = piece.baseAddress {
      copyRuns(
        whole.count, from: source + from + whole.lowerBound * row.from,
        to: target + whole.lowerBound * row.to)
    }
    for index in whole.upperBound..<touched.upperBound { copyPart(piece, from, index, target) }
  }

  /// Copies the part of a run that is in the piece.
  private func copyPart(
    _ piece: UnsafeRawBufferPointer, _ from: Int, _ index: Int, _ target: UnsafeMutableRawPointer
  ) {
    let start = from + index * row.from
    let part = max(0, start)..<min(piece.count, start + run)
    guard let source = piece.baseAddress else { return }
    (target + index * row.to + part.lowerBound - start)
      .copyMemory(from: source + part.lowerBound, byteCount: part.count)
  }

  private func copyRuns(
    _ count: Int, from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer
  ) {
    switch run {
    case 1: copyElements(UInt8.self, count, from: source, to: target)
    case 2: copyElements(UInt16.self, count, from: source, to: target)
    case 4: copyElements(UInt32.self, count, from: source, to: target)
    case 8: copyElements(UInt64.self, count, from: source, to: target)
    default:
      for index in 0..<count {
        (target + index * row.to).copyMemory(from: source + index * row.from, byteCount: run)
      }
    }
  }

  private func copyElements<Element: BitwiseCopyable>(
    _ type: Element.Type, _ count: Int, from source: UnsafeRawPointer,
    to target: UnsafeMutableRawPointer
  ) {
    for index in 0..<count {
      let element = source.loadUnaligned(fromByteOffset: index &* row.from, as: type)
      target.storeBytes(of: element, toByteOffset: index &* row.to, as: type)
    }
  }
}

extension ScatteredCopy.Dimension {
  /// The indices whose offset in the source is within these bounds.
  fileprivate func indices(from lowest: Int, through highest: Int) -> Range<Int> {
    guard lowest <= highest, highest >= 0 else { return 0..<0 }
    guard from > 0 else { return lowest <= 0 ? 0..<count : 0..<0 }
    let first = lowest <= 0 ? 0 : (lowest - 1) / from + 1
    return min(first, count)..<min(max(first, highest / from + 1), count)
  }
}
