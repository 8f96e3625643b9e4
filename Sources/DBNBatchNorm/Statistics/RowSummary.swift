import DBNTensors

/// Counts of unusual numbers in one row.
struct RowSummary {
  var notFinite = 0
  var negative = 0
  var zero = 0
  /// How many float16 numbers are 0 or subnormal.
  var underflowed = 0
  /// Whether all numbers are 0, and whether all are 1.
  var isAllZero = true
  var isAllOne = true

  mutating func add(_ value: Double, _ scalarType: ScalarType) {
    if !value.isFinite { notFinite += 1 }
    if value < 0 { negative += 1 }
    if value == 0 { zero += 1 }
    if scalarType == .float16, value.magnitude < Double(Float16.leastNormalMagnitude) {
      underflowed += 1
    }
    isAllZero = isAllZero && value == 0
    isAllOne = isAllOne && value == 1
  }
}

extension Tensor {
  /// A summary of each row, of equally long rows; the tensor is read in pieces.
  ///
  /// - Throws: `unsupportedScalarType` unless the elements are real numbers.
  func summaries(rows: Int) throws(CheckpointError) -> [RowSummary] {
    var summaries = Array(repeating: RowSummary(), count: rows)
    let (length, elementSize) = (count / rows, scalarType.byteCount)
    try storage.read(pieces: Self.summaryPieceByteCount) {
      start, piece throws(CheckpointError) in
      let bytes = piece.withUnsafeBytes { Array($0) }
      let values = try Tensor(
        scalarType, shape: [bytes.count / elementSize], storage: TensorStorage(ByteRegion(bytes))
      ).doubles()
      for (index, value) in values.enumerated() {
        summaries[(start / elementSize + index) / length].add(value, scalarType)
      }
    }
    return summaries
  }

  /// A multiple of every element's size.
  private static let summaryPieceByteCount = 1 << 16
}
