package import DBNTensors

/// An operation that gives the elements, in their order, another shape: a view, where PyTorch can
/// make one.
package protocol Reshaping: GraphOperation {}

extension Reshaping {
  package func outputs(
    of operands: OperandArrays, shapes: [[Int]]
  ) throws(CheckpointError) -> [DenseArray] {
    [try operands.required(0).reshaped(to: shapes[0])]
  }

  package func restored(
    _ change: ViewChange, in importer: inout GraphImporter
  ) throws(CheckpointError) -> Graph.Operand { try importer.reshapedBack(change) }
}
