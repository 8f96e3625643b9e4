/// A tensor of several slices, each in a storage of its own, assembled piece by piece.
///
/// The elements of a slice that are in a part of the tensor are a part of the slice too, since both
/// are in row-major order. So each slice is read once, in order, however it was cut.
package struct SlicedBytes: ByteSource {
  /// The bytes as an array with one more dimension, in which an element's bytes are.
  private let shape: [Int]
  private let parts: [(slice: TensorSlice, storage: TensorStorage)]

  /// - Parameters:
  ///   - shape: the size of the tensor.
  ///   - parts: slices that cover it without overlapping.
  package init(
    shape: [Int], elementSize: Int, _ parts: [(slice: TensorSlice, storage: TensorStorage)]
  ) {
    self.shape = shape + [elementSize]
    self.parts = parts.map { slice, storage in
      (TensorSlice(offsets: slice.offsets + [0], sizes: slice.sizes + [elementSize]), storage)
    }
  }

  package var byteCount: Int { shape.reduce(1, *) }

  package func bytes() throws(CheckpointError) -> ByteRegion {
    try ByteRegion(byteCount: byteCount) { target throws(CheckpointError) in
      try read(pieces: TensorStorage.pieceByteCount) { start, piece in
        piece.withUnsafeBytes {
          UnsafeMutableRawBufferPointer(rebasing: target[start...]).copyMemory(from: $0)
        }
      }
    }
  }

  package func read(
    pieces size: Int, upTo count: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    var readers = parts.map { SliceReader($0.slice, of: shape, in: $0.storage) }
    for start in stride(from: 0, to: count, by: size) {
      let range = start..<min(start + size, count)
      let piece = try ByteRegion(scratch: range.count) { target throws(CheckpointError) in
        for index in readers.indices { try readers[index].copy(range, to: target) }
      }
      try piece.withBytes { bytes throws(CheckpointError) in try body(start, bytes) }
    }
    for reader in readers { try reader.finish() }
  }

  package var sources: [TensorStorage] { parts.map(\.storage) }
  package var largestBuffer: Int { parts.map(\.storage.largestBuffer).max() ?? 0 }
}
