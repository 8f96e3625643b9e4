package import DBNTensors

/// An operation that splits dimensions, reorders them, and merges them again.
package protocol Regrouping: GraphOperation {
  /// The input's shape with split dimensions, their new order, and the output's shape.
  ///
  /// - Throws: `shapeMismatch`.
  func grouping(of input: [Int]) throws(CheckpointError) -> Grouping
}

/// How an array is regrouped.
package struct Grouping {
  let split: [Int]
  let order: [Int]
  let merged: [Int]
}

extension Regrouping {
  package func sized(for operands: OperandShapes) throws(CheckpointError) -> Operation.Sized {
    (Operation(self), [try grouping(of: operands.required(0)).merged])
  }

  package func outputs(
    of operands: OperandArrays, shapes: [[Int]]
  ) throws(CheckpointError) -> [DenseArray] {
    let input = try operands.required(0)
    let grouping = try grouping(of: input.shape)
    let strides = grouping.split.strides
    let parts = input.part(
      grouping.order.map { grouping.split[$0] }, grouping.order.map { strides[$0] }, from: 0)
    return [parts.reshaped(to: shapes[0])]
  }
}
