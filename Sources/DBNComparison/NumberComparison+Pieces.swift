package import DBNTensors

extension NumberComparison {
  /// Compares numbers of two tensors, in pieces: large tensors would not fit in memory.
  ///
  /// - Parameters:
  ///   - startA: the index of the first tensor's first number to compare.
  ///   - startB: the index of the second tensor's.
  ///   - count: how many are compared. The index of a difference counts them from 0.
  /// - Throws: `unsupportedScalarType` unless both have real numbers.
  package init(
    _ a: NumberReader, from startA: Int = 0, _ b: NumberReader, from startB: Int = 0, count: Int,
    ulpsOf scalarType: ScalarType, tolerance: Tolerance = Tolerance()
  ) throws(CheckpointError) {
    self.init([], [], ulpsOf: scalarType)
    for piece in NumberReader.pieces(of: count) {
      let numbersA = try a.numbers(startA + piece.lowerBound..<startA + piece.upperBound)
      let numbersB = try b.numbers(startB + piece.lowerBound..<startB + piece.upperBound)
      formUnion(
        NumberComparison(
          numbersA, numbersB, at: piece.lowerBound, ulpsOf: scalarType, tolerance: tolerance))
    }
  }
}

extension NumberReader {
  /// The indices of so many numbers, in pieces of 2 MiB as Float64.
  static func pieces(of count: Int) -> [Range<Int>] {
    let size = 1 << 18
    return stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
  }
}
