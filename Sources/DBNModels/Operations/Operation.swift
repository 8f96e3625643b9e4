package import DBNTensors

/// The operation of a node: one of ATen's with its attributes, under ATen's names and defaults.
///
/// Tensors are operands of the node, not part of the operation. Attributes along the spatial
/// dimensions have one number for each of these. Negative dimensions count from the end.
///
/// Operations are made by name: `.add(scale: 1)`, `.activation(.relu)`. Two are equal if they have
/// the same name and attributes.
///
/// Source: `aten/src/ATen/native/native_functions.yaml`.
public struct Operation: Sendable, Hashable, CustomStringConvertible {
  /// The operation's implementation.
  package let definition: any GraphOperation

  package init(_ definition: any GraphOperation) {
    self.definition = definition
  }

  /// Its name in the JSON of graphs: `convolution`, `relu`.
  public var name: String { definition.name }

  /// The operation with its attributes, as readable text.
  public var description: String { "\(definition)" }

  /// Whether both have the same name and attributes.
  public static func == (left: Operation, right: Operation) -> Bool {
    left.definition.isEqual(to: right.definition)
  }

  /// Hashes the attributes.
  public func hash(into hasher: inout Hasher) { definition.hash(into: &hasher) }
}

extension Operation {
  /// An operation whose sizes are numbers, and the shapes of its outputs.
  package typealias Sized = (operation: Operation, outputs: [[Int]])

  /// The operation for operands of these shapes, with sizes resolved to numbers and dimensions
  /// counted from the front, and the shapes of its outputs.
  ///
  /// - Parameters:
  ///   - operands: the operands' shapes; nil for an omitted operand.
  ///   - valueShapes: the shapes of the values that sizes refer to.
  /// - Throws: `shapeMismatch` if the operation is undefined for them; `missingOperand`.
  package func sized(
    for operands: [[Int]?], valueShapes: [String: [Int]] = [:]
  ) throws(CheckpointError) -> Sized {
    try definition.sized(for: OperandShapes(operands, valueShapes: valueShapes))
  }

  /// The operation's outputs, computed in Float64. BatchNorm is not supported, because its module
  /// has state.
  ///
  /// - Parameter operands: the node's operands; nil for an omitted operand.
  /// - Throws: `shapeMismatch`, `missingOperand`; `unsupportedOperation` for BatchNorm.
  package func outputs(of operands: [DenseArray?]) throws(CheckpointError) -> [DenseArray] {
    let (operation, shapes) = try sized(for: operands.map { $0?.shape })
    return try operation.definition.outputs(of: OperandArrays(operands), shapes: shapes)
  }

  /// The attributes that are sizes.
  package var sizes: [Size] { definition.sizes }
}
