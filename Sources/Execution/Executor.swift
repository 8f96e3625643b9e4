public import Models
public import Tensors

/// Whether BatchNorm uses running statistics, or the batch's own and moves the running ones.
public enum ExecutionMode: String, Sendable, CaseIterable {
  case evaluation = "eval"
  case training = "train"
}

/// Runs a graph with the tensors of a state dict.
///
/// An executor is a value: a copy of it has running statistics of its own.
public protocol Executor: Sendable {
  /// Is shown the values that each node makes, in the order of the graph.
  typealias Observer = (Graph.Node, [DenseArray]) throws(CheckpointError) -> Void

  var graph: Graph { get }
  /// The BatchNorms by module name, with their running statistics as they are now.
  var batchNorms: [String: BatchNormModule] { get }

  /// One forward pass.
  ///
  /// In training the running statistics move when everything went well: an error leaves all as
  /// they were.
  ///
  /// - Parameter inputs: by the names of the graph's inputs.
  /// - Parameter observe: nil leaves an engine free to compute several nodes at once.
  /// - Returns: the graph's outputs.
  /// - Throws: what is wrong with an input or a node, by its name, before anything runs where
  ///   shapes can tell.
  mutating func run(
    _ inputs: [String: DenseArray], mode: ExecutionMode, observe: Observer?
  ) throws(CheckpointError) -> [DenseArray]
}

extension Executor {
  public mutating func run(
    _ inputs: [String: DenseArray], mode: ExecutionMode = .evaluation
  ) throws(CheckpointError) -> [DenseArray] {
    try run(inputs, mode: mode, observe: nil)
  }
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
