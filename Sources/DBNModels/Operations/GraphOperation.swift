package import DBNTensors

/// An operation of a graph's nodes, defined in one file: its attributes and their JSON, the shapes
/// and numbers of its outputs, and the operations of ATen that are read as this one.
///
/// To add an operation, write a type that conforms to this and add a line to `Operation.all`. An
/// engine without a kernel for it computes it with `outputs`.
package protocol GraphOperation: Sendable, Hashable {
  /// Its names in the JSON of graphs: one, unless the type is a family of operations.
  static var names: [String] { get }

  /// The name of this operation.
  var name: String { get }

  /// Reads the attributes from the JSON of a node.
  ///
  /// - Throws: `invalidGraph` for an attribute that is missing or has the wrong type.
  init(_ reader: GraphReader) throws(CheckpointError)

  /// The attributes as members of a node's JSON, in order.
  var attributes: [JSON.Member] { get }

  /// The attributes that are sizes, which may depend on values of the graph.
  var sizes: [Size] { get }

  /// The operation for operands of these shapes, with sizes resolved to numbers and dimensions
  /// counted from the front, and the shapes of its outputs.
  ///
  /// - Throws: `shapeMismatch` if it is undefined for them; `missingOperand`.
  func sized(for operands: OperandShapes) throws(CheckpointError) -> Operation.Sized

  /// Its outputs, computed in Float64: the definition that engines are compared with.
  ///
  /// It is only called on an operation that `sized` returned.
  ///
  /// - Parameter shapes: the outputs' shapes, as `sized` returned them.
  func outputs(
    of operands: OperandArrays, shapes: [[Int]]
  ) throws(CheckpointError) -> [DenseArray]

  /// The handlers of the ATen operations that are read as this one, by name.
  static var handlers: [String: GraphImporter.Handler] { get }

  /// The whole tensor with new elements in this view of it: the effect of an in-place change of the
  /// view on the tensor.
  ///
  /// - Throws: `unsupportedOperation` if the operation makes no views, or views in which an element
  ///   occurs more than once.
  func restored(
    _ change: ViewChange, in importer: inout GraphImporter
  ) throws(CheckpointError) -> Graph.Operand
}

extension GraphImporter {
  /// Makes nodes for a call and returns its results.
  package typealias Handler =
    @Sendable (inout GraphImporter, inout ProgramCall) throws(CheckpointError) -> [Result]
}

/// A change of a tensor's elements through a view.
package struct ViewChange {
  let view: TensorView
  /// The tensor that it is a view of.
  let whole: Graph.Operand
  /// The view's new elements.
  let part: Graph.Operand
  /// The name of the nodes that write them back.
  let name: String
}

extension GraphOperation {
  package var name: String { Self.names[0] }
  package var attributes: [JSON.Member] { [] }
  package var sizes: [Size] { [] }
  package static var handlers: [String: GraphImporter.Handler] { [:] }

  /// By default, one output with the shape of the first operand.
  package func sized(for operands: OperandShapes) throws(CheckpointError) -> Operation.Sized {
    (Operation(self), [try operands.required(0)])
  }

  package func restored(
    _ change: ViewChange, in importer: inout GraphImporter
  ) throws(CheckpointError) -> Graph.Operand {
    throw CheckpointError(
      .unsupportedOperation, "changes a view in place whose elements cannot be written back",
      advice: "export the model without the in-place operation")
  }

  /// Whether another operation has the same type and is equal.
  func isEqual(to other: any GraphOperation) -> Bool { (other as? Self) == self }
}
