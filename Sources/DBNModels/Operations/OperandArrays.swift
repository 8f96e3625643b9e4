import DBNTensors

/// The numbers of a node's operands, some of which may be left out.
package struct OperandArrays {
  private let arrays: [DenseArray?]

  package init(_ arrays: [DenseArray?]) {
    self.arrays = arrays
  }

  /// nil for one that is left out.
  subscript(index: Int) -> DenseArray? { index < arrays.count ? arrays[index] : nil }

  /// All that are there.
  var given: [DenseArray] { arrays.compactMap(\.self) }

  func required(_ index: Int) throws(CheckpointError) -> DenseArray {
    guard let array = self[index] else {
      throw CheckpointError(.missingOperand, "operand \(index) is missing")
    }
    return array
  }
}
