/// The elements of other storages in another order: a transposed tensor, or one stored in several
/// pieces.
package struct ScatteredBytes: ComputedBytes {
  package let byteCount: Int
  /// Each storage, with the copy that moves its elements to their offsets. Bytes that none of them
  /// covers are zero.
  private let parts: [(storage: TensorStorage, copy: ScatteredCopy)]

  package init(byteCount: Int, _ parts: [(storage: TensorStorage, copy: ScatteredCopy)]) {
    self.byteCount = byteCount
    self.parts = parts
  }

  package var sources: [TensorStorage] { parts.map(\.storage) }

  package func fill(_ target: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
    for (storage, copy) in parts {
      try storage.read(pieces: TensorStorage.pieceByteCount) { copy.copy($1, at: $0, to: target) }
    }
  }
}
