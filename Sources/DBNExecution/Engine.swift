public import DBNModels
public import DBNTensors

/// An implementation that runs graphs.
public enum Engine: String, Sendable, CaseIterable {
  /// Plain Swift in Float64, which defines the correct result.
  case reference
  /// Float32 with oneDNN, the library that PyTorch uses on CPUs.
  case oneDNN = "onednn"

  /// Whether it can run here; oneDNN can if its library is installed, which is loaded to find out.
  public var isAvailable: Bool {
    switch self {
    case .reference: true
    case .oneDNN: (try? OneDNNLibrary.load()) != nil
    }
  }

  /// The fastest available engine that can represent the state dict's numbers: float64 needs the
  /// reference.
  public static func standard(for stateDict: StateDict) -> Engine {
    let isWide = stateDict.tensors.contains { $0.tensor.scalarType == .float64 }
    return oneDNN.isAvailable && !isWide ? .oneDNN : .reference
  }

  /// An executor of this engine with the tensors of the state dict.
  ///
  /// - Throws: `missingOperand` for a missing tensor; `engineUnavailable`.
  public func executor(
    _ graph: Graph, _ stateDict: StateDict, options: ExecutionOptions = ExecutionOptions()
  ) throws(CheckpointError) -> any Executor {
    switch self {
    case .reference: try ReferenceExecutor(graph, stateDict, options: options)
    case .oneDNN: try OneDNNExecutor(graph, stateDict, options: options)
    }
  }
}

extension CheckpointError.Code {
  /// The engine can't run here, since its library is not installed.
  public static let engineUnavailable = Self("engine-unavailable")
  /// A call to an engine's library failed.
  public static let engineFailed = Self("engine-failed")
  /// A number is infinite or NaN, and the engine would lose that.
  public static let notFinite = Self("not-finite")
}
