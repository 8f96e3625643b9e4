/// Whether BatchNorms normalise with their running statistics or with the batch's.
public enum ExecutionMode: String, Sendable, CaseIterable {
  /// BatchNorms normalise with their running statistics.
  case evaluation = "eval"
  /// BatchNorms normalise with the batch's statistics and update the running statistics.
  case training = "train"
}

extension ExecutionMode? {
  /// The mode's name in texts and JSON; `as-exported` if each BatchNorm runs in its own.
  public var text: String { self?.rawValue ?? "as-exported" }
}

extension Operation.BatchNormAttributes {
  /// The mode in which it runs: that of the whole run, or else the one it was exported with, or
  /// else evaluation.
  ///
  /// - Parameter given: the mode of the whole run; nil if each BatchNorm runs in its own.
  public func mode(given: ExecutionMode?) -> ExecutionMode { given ?? exportedMode ?? .evaluation }

  /// Whether its momentum of 0 may stand for a cumulative average: in evaluation PyTorch exports
  /// both `momentum=0` and `momentum=None` as 0.
  ///
  /// Source: `_BatchNorm.forward` of `torch/nn/modules/batchnorm.py`.
  public var mayBeCumulative: Bool { exportedMode == .evaluation && norm.momentum == 0 }
}

extension Graph {
  /// The mode in which all its BatchNorms run; nil if some run in evaluation and others in training.
  ///
  /// - Parameter given: the mode of the whole run; nil if each BatchNorm runs in its own.
  public func mode(given: ExecutionMode?) -> ExecutionMode? {
    if let given { return given }
    let modes = Set(batchNorms.filter(\.norm.tracksRunningStatistics).map { $0.mode(given: nil) })
    return modes.count > 1 ? nil : modes.first ?? .evaluation
  }

  /// Whether a BatchNorm may update its running statistics.
  ///
  /// - Parameter given: the mode of the whole run; nil if each BatchNorm runs in its own.
  public func trains(given: ExecutionMode?) -> Bool { mode(given: given) != .evaluation }

  /// Its BatchNorms, in the order in which they run.
  package var batchNorms: [Operation.BatchNormAttributes] {
    nodes.compactMap(\.operation.batchNorm)
  }
}
