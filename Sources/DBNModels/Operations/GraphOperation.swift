package import DBNTensors

/// An operation that nodes of graphs can have, all of it in one file: its attributes and how they
/// are written as JSON, the shapes and the numbers of what it makes, and which of ATen's operations
/// are read as it.
///
/// A new operation is a type that conforms to this, and a line in `Operation.all`. An engine that
/// has no kernel for it computes it with `outputs`.
package protocol GraphOperation: Sendable, Hashable {
  /// The names that the JSON of graphs has for it: one, unless it stands for a family.
  static var names: [String] { get }

  /// The name of this one.
  var name: String { get }

  /// Reads the attributes from the JSON of a node.
  ///
  /// - Throws: `invalidGraph` for one that is missing or of another kind.
  init(_ reader: GraphReader) throws(CheckpointError)

  /// The attributes as members of the JSON of a node, in their order.
  var attributes: [JSON.Member] { get }

  /// The attributes that are sizes, which may depend on values of the graph.
  var sizes: [Size] { get }

  /// The operation for operands of these shapes, its sizes numbers and its dimensions counted from
  /// the front, with the shapes of its outputs.
  ///
  /// - Throws: `shapeMismatch` where it has no meaning for them; `missingOperand`.
  func sized(for operands: OperandShapes) throws(CheckpointError) -> Operation.Sized

  /// What it makes of its operands, in Float64: the definition that engines are compared with.
  ///
  /// It is only asked of an operation that `sized` gave.
  ///
  /// - Parameter shapes: those of the outputs, as `sized` gave them.
  func outputs(
    of operands: OperandArrays, shapes: [[Int]]
  ) throws(CheckpointError) -> [DenseArray]

  /// How ATen's operations are read that become this one, by their names.
  static var handlers: [String: GraphImporter.Handler] { get }

  /// The whole tensor with new elements where this view of it is: what a change of the view in place
  /// does to the tensor.
  ///
  /// - Throws: `unsupportedOperation` where the operation makes no views, or views in which an
  ///   element stands more than once.
  func restored(
    _ change: ViewChange, in importer: inout GraphImporter
  ) throws(CheckpointError) -> Graph.Operand
}

extension GraphImporter {
  /// Makes nodes of a call's operation and gives its results.
  package typealias Handler =
    @Sendable (inout GraphImporter, inout ProgramCall) throws(CheckpointError) -> [Result]
}

/// A view of a tensor that has new elements.
package struct ViewChange {
  let view: TensorView
  /// The tensor that it is a view of.
  let whole: Graph.Operand
  /// The view's new elements.
  let part: Graph.Operand
  /// What nodes are called that put them back.
  let name: String
}

extension GraphOperation {
  package var name: String { Self.names[0] }
  package var attributes: [JSON.Member] { [] }
  package var sizes: [Size] { [] }
  package static var handlers: [String: GraphImporter.Handler] { [:] }

  /// One output of the shape of the first operand.
  package func sized(for operands: OperandShapes) throws(CheckpointError) -> Operation.Sized {
    (Operation(self), [try operands.required(0)])
  }

  package func restored(
    _ change: ViewChange, in importer: inout GraphImporter
  ) throws(CheckpointError) -> Graph.Operand {
    throw CheckpointError(
      .unsupportedOperation, "changes elements that a tensor has more than once",
      advice: "export the model without the in-place operation")
  }

  /// Whether another operation is the same, of whichever type it is.
  func isEqual(to other: any GraphOperation) -> Bool { (other as? Self) == self }
}
