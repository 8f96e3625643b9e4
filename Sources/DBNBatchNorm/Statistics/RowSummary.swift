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
    let length = count / rows
    try readNumbers { start, numbers in
      for (index, number) in numbers.enumerated() {
        summaries[(start + index) / length].add(number, scalarType)
      }
    }
    return summaries
  }
}
