package import DBNTensors

/// An operation without attributes on the elements of two tensors that broadcast.
package protocol BinaryOperation: GraphOperation {
  init()

  /// What becomes of an element of each.
  func value(_ first: Double, _ second: Double) -> Double
}

extension BinaryOperation {
  package init(_ reader: GraphReader) throws(CheckpointError) { self.init() }

  package func sized(for operands: OperandShapes) throws(CheckpointError) -> Operation.Sized {
    (Operation(self), [try operands.broadcast()])
  }

  package func outputs(
    of operands: OperandArrays, shapes: [[Int]]
  ) throws(CheckpointError) -> [DenseArray] {
    let (first, second) = (try operands.required(0), try operands.required(1))
    return [first.combined(with: second, to: shapes[0], value)]
  }
}
