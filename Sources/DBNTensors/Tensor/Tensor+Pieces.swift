extension Tensor {
  /// Calls `body` with all numbers in row-major order, in pieces, each with its first index. Memory
  /// does not grow with the tensor where its bytes can be read in pieces.
  ///
  /// - Throws: `unsupportedScalarType` unless the elements are real numbers; `checksumMismatch` at
  ///   the end: the caller must then undo what it did with the pieces.
  package func readNumbers(
    _ body: (_ start: Int, _ numbers: [Double]) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let elementSize = scalarType.byteCount
    try storage.read(pieces: Self.numberPieceByteCount) { start, piece throws(CheckpointError) in
      let bytes = piece.withUnsafeBytes { Array($0) }
      let part = try Tensor(
        scalarType, shape: [bytes.count / elementSize], storage: TensorStorage(ByteRegion(bytes)))
      try body(start / elementSize, part.doubles())
    }
  }

  /// A multiple of every element's size.
  private static let numberPieceByteCount = 1 << 16
}
