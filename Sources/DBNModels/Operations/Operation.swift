package import DBNTensors

/// What a node does: an operation of ATen with its attributes, by ATen's names and defaults.
///
/// Tensors are operands of the node, not of the operation. Sizes along the spatial dimensions have
/// one number for each of them. Dimensions that are negative count from the end.
///
/// Operations are made by their names: `.add(scale: 1)`, `.activation(.relu)`. Two are equal when
/// they have the same name and attributes.
///
/// Source: `aten/src/ATen/native/native_functions.yaml`.
public struct Operation: Sendable, Hashable, CustomStringConvertible {
  /// Everything about it.
  package let definition: any GraphOperation

  package init(_ definition: any GraphOperation) {
    self.definition = definition
  }

  /// The name that it has in the JSON of graphs: `convolution`, `relu`.
  public var name: String { definition.name }

  /// The operation with its attributes, for people.
  public var description: String { "\(definition)" }

  /// Whether both have the same name and attributes.
  public static func == (left: Operation, right: Operation) -> Bool {
    left.definition.isEqual(to: right.definition)
  }

  /// Hashes the attributes.
  public func hash(into hasher: inout Hasher) { definition.hash(into: &hasher) }
}

extension Operation {
  /// An operation whose sizes are numbers, and the shapes of what it makes.
  package typealias Sized = (operation: Operation, outputs: [[Int]])

  /// The operation for operands of these shapes, sizes resolved and dimensions counted from the
  /// front, with the shapes of its outputs.
  ///
  /// - Parameters:
  ///   - operands: nil for one that is left out.
  ///   - valueShapes: of the values that sizes refer to.
  /// - Throws: `shapeMismatch` where the operation has no meaning for them; `missingOperand`.
  package func sized(
    for operands: [[Int]?], valueShapes: [String: [Int]] = [:]
  ) throws(CheckpointError) -> Sized {
    try definition.sized(for: OperandShapes(operands, valueShapes: valueShapes))
  }

  /// What the operation makes of its operands, in Float64: every operation but BatchNorm, whose
  /// module has a state.
  ///
  /// - Parameter operands: those of the node; nil where one is left out.
  /// - Throws: `shapeMismatch`, `missingOperand`; `unsupportedOperation` for BatchNorm.
  package func outputs(of operands: [DenseArray?]) throws(CheckpointError) -> [DenseArray] {
    let (operation, shapes) = try sized(for: operands.map { $0?.shape })
    return try operation.definition.outputs(of: OperandArrays(operands), shapes: shapes)
  }

  /// The sizes that it is given.
  package var sizes: [Size] { definition.sizes }
}
