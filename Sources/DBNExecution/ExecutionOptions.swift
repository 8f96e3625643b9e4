public import DBNBatchNorm

/// What an engine is asked for beyond its results.
public struct ExecutionOptions: Sendable, Hashable {
  /// The number of threads; nil: one for each core.
  public var threads: Int?
  /// Whether BatchNorms in evaluation may be multiplied into the weights of the convolutions before
  /// them. That is a little faster and rounds differently: results are no longer those of the
  /// BatchNorm's own arithmetic. The reference engine never does it.
  public var foldsBatchNorm: Bool
  /// Whether float64 weights and inputs may be rounded, for an engine that computes in float32.
  public var roundsToFloat32: Bool
  /// More layouts of BatchNorms to recognise, before those known: a user's own.
  public var layouts: [BatchNormLayout]

  /// Makes the options; without arguments all cores run what the model computes, as it stands.
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
