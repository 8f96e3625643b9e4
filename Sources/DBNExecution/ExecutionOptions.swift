public import DBNBatchNorm

/// Options for how an engine computes its results.
public struct ExecutionOptions: Sendable, Hashable {
  /// The number of threads; nil for one per core.
  public var threads: Int?
  /// Whether BatchNorms in evaluation may be folded into the weights of the preceding convolutions.
  /// That is a little faster but rounds differently from the BatchNorm's own arithmetic. The
  /// reference engine never does it.
  public var foldsBatchNorm: Bool
  /// Whether float64 weights and inputs may be rounded, for an engine that computes in float32.
  public var roundsToFloat32: Bool
  /// User-defined layouts of BatchNorms, tried before the known ones.
  public var layouts: [BatchNormLayout]

  /// Makes the options; the defaults use all cores and neither fold nor round.
  public init(
    threads: Int? = nil, foldsBatchNorm: Bool = false, roundsToFloat32: Bool = false,
    layouts: [BatchNormLayout] = []
  ) {
    self.threads = threads
    self.foldsBatchNorm = foldsBatchNorm
    self.roundsToFloat32 = roundsToFloat32
    self.layouts = layouts
  }
}
