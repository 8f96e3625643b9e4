public import DBNTensors

extension CheckpointError.Code {
  /// An operation that is not known, or that an engine can't run.
  public static let unsupportedOperation = Self("unsupported-operation")
  /// An operand of a node has a shape that its operation has no meaning for.
  public static let shapeMismatch = Self("shape-mismatch")
  /// The state dict lacks a tensor that the model needs, or an input is not given.
  public static let missingOperand = Self("missing-operand")
  /// A graph breaks the rules of graphs: a value is used before it is made, a name is there twice.
  public static let invalidGraph = Self("invalid-graph")
}

extension CheckpointError {
  package static func shape(_ reason: String) -> CheckpointError {
    CheckpointError(
      .shapeMismatch, reason, advice: "give the model inputs and weights of the shapes it is for")
  }
}
