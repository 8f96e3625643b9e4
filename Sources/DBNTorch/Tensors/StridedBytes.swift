import DBNTensors

/// The elements of a strided view in row-major order, computed whenever they are read, and only as
/// many at a time as are read: a few bytes of a file can be expanded to any size.
struct StridedBytes: ByteSource {
  let byteCount: Int
  private let source: UnpackedBytes
  private let copy: StridedCopy
  private let repair: ElementRepair
  /// The copy for a compressed storage of which this is the only view: it is then read from start to
  /// end, and not kept. nil for overlapping windows.
  private let scattered: ScatteredCopy?
  private let slabs: SlabbedBytes
  /// Whether the elements are in order in the source, or that is small, so that any of them can be
  /// read by itself.
  private let isDirect: Bool

  /// The largest tensor that is made as a whole from a compressed storage, and the largest part of the
  /// source in which elements in any order are near.
  private static let smallByteCount = 64 << 20
  private static let nearByteCount = 8 << 20
  /// How often a large source is read at most if its elements are in another order.
  private static let mostPasses = 16

  /// - Parameters:
  ///   - extent: the part of the source's bytes that the view is in.
  ///   - byteCount: the size of its elements, of which there are some.
  init(
    _ view: TensorView, within extent: Range<Int>, byteCount: Int, _ repair: ElementRepair,
    of source: UnpackedBytes
  ) {
    self.byteCount = byteCount
    self.source = source
    self.repair = repair
    let copy = StridedCopy(view)
    self.copy = copy
    scattered = view.isOverlapping ? nil : ScatteredCopy(view)
    isDirect = extent.count <= Self.nearByteCount || view.isInOrder
    slabs = SlabbedBytes(
      byteCount: byteCount, slabByteCount: view.scalarType.byteCount,
      windowByteCount: isDirect ? 1 << 20 : max(4 << 20, byteCount / Self.mostPasses)
    ) { range, target throws(CheckpointError) in
      copy.copy(range, from: try source.bytes(), to: target)
      repair.apply(to: target)
    }
  }

  func bytes() throws(CheckpointError) -> ByteRegion {
    guard let scattered, isReadOnce else { return try slabs.bytes() }
    return try ByteRegion(byteCount: byteCount) { target throws(CheckpointError) in
      try source.readOnce { scattered.copy($1, at: $0, to: target) }
      repair.apply(to: target)
    }
  }

  func read(
    pieces size: Int, upTo count: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    guard !isReadOnce else {
      return try bytes().slice(from: 0, count: count).forEachPiece(of: size, body)
    }
    try slabs.read(pieces: size, upTo: count, body)
  }

  func opened() throws(CheckpointError) -> any RandomAccessBytes {
    guard isDirect, !isReadOnce else { return try bytes() }
    return Direct(source: try source.bytes(), copy: copy, repair: repair, byteCount: byteCount)
  }

  /// Elements that are computed for each access.
  private struct Direct: RandomAccessBytes {
    let source: ByteRegion
    let copy: StridedCopy
    let repair: ElementRepair
    let byteCount: Int

    func slice(from start: Int, count: Int) throws(CheckpointError) -> ByteRegion {
      guard start >= 0, count >= 0, count <= byteCount, start <= byteCount - count else {
        throw CheckpointError(.truncated, "there are fewer than \(start) and \(count) bytes")
      }
      return ByteRegion(byteCount: count) { target in
        copy.copy(start..<start + count, from: source, to: target)
        repair.apply(to: target)
      }
    }
  }

  private var isReadOnce: Bool {
    scattered != nil && source.isReadOnce && byteCount <= Self.smallByteCount
  }

  var sources: [TensorStorage] { [source.storage] }
  var openedByteCount: Int { isDirect && !isReadOnce ? 0 : byteCount }
  var largestBuffer: Int { isReadOnce ? byteCount : slabs.largestBuffer }
}

extension TensorView {
  /// Whether neighbours in row-major order are near each other in the storage: no dimension has a
  /// smaller stride than one inside it. An expanded dimension only repeats what is inside it.
  fileprivate var isInOrder: Bool {
    let strides = zip(size, stride).filter { $0 != 1 && $1 != 0 }.map(\.1)
    return zip(strides, strides.dropFirst()).allSatisfy { $0 >= $1 }
  }
}

extension ScatteredCopy {
  /// Makes a copy of a non-empty view's elements to row-major order.
  fileprivate init(_ view: TensorView) {
    let elementSize = view.scalarType.byteCount
    // The stride of a dimension of size one is meaningless and was not checked.
    let strides = zip(view.size, view.stride).map { $0 == 1 ? 0 : $1 * elementSize }
    self.init(
      shape: view.size, from: Layout(start: view.offset * elementSize, strides: strides),
      to: Layout(rowMajor: view.size, elementSize: elementSize), elementSize: elementSize)
  }
}
