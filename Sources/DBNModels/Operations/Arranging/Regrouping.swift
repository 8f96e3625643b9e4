package import DBNTensors

/// An operation that splits dimensions, reorders them, and merges them again.
package protocol Regrouping: StridedCopying {
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

  package func copies(
    of input: [Int], to shapes: [[Int]]
  ) throws(CheckpointError) -> [StridedCopy] {
    let grouping = try grouping(of: input)
    let strides = grouping.split.strides
    return [
      StridedCopy(
        grouping.order.map { grouping.split[$0] }, strides: grouping.order.map { strides[$0] })
    ]
  }
}
