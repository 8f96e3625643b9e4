import DBNTensors

/// The numbers of a node's operands, some of which may be omitted.
package struct OperandArrays {
  private let arrays: [DenseArray?]

  package init(_ arrays: [DenseArray?]) {
    self.arrays = arrays
  }

  /// An operand; nil if it is omitted.
  subscript(index: Int) -> DenseArray? { index < arrays.count ? arrays[index] : nil }

  /// All operands that are not omitted.
  var given: [DenseArray] { arrays.compactMap(\.self) }

  func required(_ index: Int) throws(CheckpointError) -> DenseArray {
    guard let array = self[index] else {
      throw CheckpointError(.missingOperand, "operand \(index) is missing")
    }
    return array
  }
}
