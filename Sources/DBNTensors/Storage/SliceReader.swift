/// Reads the bytes of a slice in order, as parts of the whole tensor need them, and computes their
/// checksum meanwhile.
struct SliceReader {
  private let slice: TensorSlice
  private let shape: [Int]
  private let storage: TensorStorage
  private let copy: ScatteredCopy
  private let byteCount: Int
  private var bytes: (any RandomAccessBytes)?
  private var end = 0
  private var crc32 = CRC32()

  /// - Parameter shape: of the whole tensor, in bytes.
  init(_ slice: TensorSlice, of shape: [Int], in storage: TensorStorage) {
    self.slice = slice
    self.shape = shape
    self.storage = storage
    copy = slice.copy(into: shape, .uint8)
    byteCount = storage.byteCount
  }

  /// Copies what the slice has of a part of the tensor; the parts are in order.
  mutating func copy(
    _ part: Range<Int>, to target: UnsafeMutableRawBufferPointer
  ) throws(CheckpointError) {
    guard end < byteCount, slice.count(before: part.upperBound, in: shape) > end else { return }
    let next = slice.count(before: part.upperBound, in: shape)
    let piece = try opened().slice(from: end, count: next - end)
    piece.withBytes { bytes in
      crc32.update(bytes)
      copy.copy(bytes, at: end, to: target, from: part.lowerBound)
    }
    piece.release()
    end = next
    if end == byteCount { close() }
  }

  /// Compares the checksum, also of a slice that was not read to its end.
  func finish() throws(CheckpointError) {
    guard end == byteCount else { return try storage.check() }
    _ = try storage.accept(crc32.value)
  }

  private mutating func opened() throws(CheckpointError) -> any RandomAccessBytes {
    if let bytes { return bytes }
    // Of many slices, all can be open at the same time.
    let opened: any RandomAccessBytes =
      storage.openedByteCount == 0 ? try storage.openedUnchecked() : try storage.unpacked()
    bytes = opened
    return opened
  }

  private mutating func close() {
    bytes = nil
    // There are as many files as ranks; some pages of each would otherwise stay in memory.
    storage.releaseFile()
  }
}

extension TensorSlice {
  /// How many of the slice's elements are before an element of the whole tensor, in row-major order.
  fileprivate func count(before index: Int, in shape: [Int]) -> Int {
    var (rest, count) = (index, 0)
    var (block, ownBlock) = (shape.reduce(1, *), sizes.reduce(1, *))
    if index >= block { return ownBlock }
    for dimension in shape.indices {
      block /= shape[dimension]
      ownBlock /= sizes[dimension]
      let place = rest / block - offsets[dimension]
      count += max(0, min(place, sizes[dimension])) * ownBlock
      guard (0..<sizes[dimension]).contains(place) else { break }
      rest %= block
    }
    return count
  }
}
