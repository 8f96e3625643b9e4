public import Models
public import Tensors

/// What runs a graph.
public enum Engine: String, Sendable, CaseIterable {
  /// Plain Swift in Float64: the definition.
  case reference

  /// An executor of this engine, with the tensors of the state dict.
  ///
  /// - Throws: `missingOperand` for a tensor that is not there.
  public func executor(
    _ graph: Graph, _ stateDict: StateDict
  ) throws(CheckpointError) -> any Executor {
    switch self {
    case .reference: try ReferenceExecutor(graph, stateDict)
    }
  }
}
