/// The elements of a strided view in row-major order, computed whenever they are read, and only as
/// many at a time as are read: a few bytes of a file can be expanded to any size, or decompressed to a
/// thousand times their own.
package struct StridedBytes: ByteSource {
  package let byteCount: Int
  private let elementSize: Int
  private let source: UnpackedBytes
  private let copy: StridedCopy
  /// The copy for a small compressed storage of which this is the only view: it is then read from
  /// start to end, and not kept. nil for overlapping windows, and for large tensors.
  private let scattered: ScatteredCopy?
  /// Whether the elements are in order in the source, or that is small, so that any of them can be
  /// read by itself.
  private let isDirect: Bool

  /// The largest part of the source in which elements in any order are near.
  private static let nearByteCount = 8 << 20
  /// How often a large source is read at most if its elements are in another order.
  private static let mostPasses = 16

  package init(_ view: StridedView, of source: UnpackedBytes) {
    byteCount = view.byteCount
    elementSize = view.elementSize
    self.source = source
    copy = StridedCopy(view)
    let isSmall = byteCount <= TensorStorage.largestWhole
    scattered = isSmall && !view.isOverlapping ? ScatteredCopy(view) : nil
    isDirect = view.reach <= Self.nearByteCount || view.isInOrder
  }

  package func bytes() throws(CheckpointError) -> ByteRegion {
    guard let scattered, source.isReadOnce else { return try slabs().bytes() }
    return try ByteRegion(byteCount: byteCount) { target throws(CheckpointError) in
      try source.readOnce { scattered.copy($1, at: $0, to: target) }
    }
  }

  package func read(
    pieces size: Int, upTo count: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    guard !isReadOnce else {
      return try bytes().slice(from: 0, count: count).forEachPiece(of: size, body)
    }
    try slabs().read(pieces: size, upTo: count, body)
  }

  /// The elements, of a source that stays unpacked as long as they are read.
  private func slabs() throws(CheckpointError) -> SlabbedBytes {
    let (source, copy) = (try source.bytes(), copy)
    return SlabbedBytes(
      byteCount: byteCount, slabByteCount: elementSize, windowByteCount: windowByteCount
    ) { range, target in copy.copy(range, from: source, to: target) }
  }

  private var windowByteCount: Int {
    isDirect ? 1 << 20 : max(4 << 20, byteCount / Self.mostPasses)
  }

  package func opened() throws(CheckpointError) -> any RandomAccessBytes {
    guard isDirect, !isReadOnce else { return try wholeBytes() }
    return Direct(source: try source.bytes(), copy: copy, byteCount: byteCount)
  }

  /// Elements that are computed for each access.
  private struct Direct: RandomAccessBytes {
    let source: ByteRegion
    let copy: StridedCopy
    let byteCount: Int

    func slice(from start: Int, count: Int) throws(CheckpointError) -> ByteRegion {
      guard start >= 0, count >= 0, count <= byteCount, start <= byteCount - count else {
        throw CheckpointError(.truncated, "there are fewer than \(start) and \(count) bytes")
      }
      return ByteRegion(byteCount: count) { target in
        copy.copy(start..<start + count, from: source, to: target)
      }
    }
  }

  private var isReadOnce: Bool { scattered != nil && source.isReadOnce }

  package var sources: [TensorStorage] { [source.storage] }
  package var openedByteCount: Int { isDirect && !isReadOnce ? 0 : wholeBuffer }
  package var largestBuffer: Int {
    isReadOnce ? byteCount : min(byteCount, windowByteCount, TensorStorage.largestWhole)
  }
}
