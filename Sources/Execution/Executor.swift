public import Tensors

/// Whether BatchNorm uses running statistics, or the batch's own and moves the running ones.
public enum ExecutionMode: String, Sendable, CaseIterable {
  case evaluation = "eval"
  case training = "train"
}

extension CheckpointError.Code {
  /// The engine can't run an operation.
  public static let unsupportedOperation = Self("unsupported-operation")
  /// An operand of a node has a shape that its operation has no meaning for.
  public static let shapeMismatch = Self("shape-mismatch")
  /// The state dict lacks a tensor that the model needs, or an input is not given.
  public static let missingOperand = Self("missing-operand")
}

extension CheckpointError {
  static func shape(_ reason: String) -> CheckpointError {
    CheckpointError(
      .shapeMismatch, reason, advice: "give the model inputs and weights of the shapes it is for")
  }
}
