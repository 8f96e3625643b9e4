public import BatchNorm
public import Execution
public import Tensors

/// What two checkpoints say of the epsilon and momentum of their BatchNorms.
public struct BatchNormSettingsPair: Sendable {
  public var a: BatchNormSettingsTable
  public var b: BatchNormSettingsTable

  public init(
    _ a: BatchNormSettingsTable = BatchNormSettingsTable(),
    _ b: BatchNormSettingsTable = BatchNormSettingsTable()
  ) {
    (self.a, self.b) = (a, b)
  }

  /// What the BatchNorms of one name are to be run with. What only one side knows holds for both:
  /// they are the same BatchNorm; what neither knows is the default.
  public func options(
    _ siteA: BatchNormSite, _ siteB: BatchNormSite, default options: BatchNormModule.Options
  ) -> (a: BatchNormModule.Options, b: BatchNormModule.Options) {
    let (inA, inB) = (a.settings(of: siteA), b.settings(of: siteB))
    return (
      BatchNormModule.Options(inA.filled(from: inB), default: options),
      BatchNormModule.Options(inB.filled(from: inA), default: options)
    )
  }

  /// How much the two sides say of a BatchNorm.
  public enum Agreement: Sendable, Hashable {
    /// Both the same, or both nothing.
    case equal
    /// What one side knows the other does not.
    case oneSided
    /// Both know it, and it is not the same.
    case different
  }

  public func agreement(_ siteA: BatchNormSite, _ siteB: BatchNormSite) -> Agreement {
    let (inA, inB) = (a.settings(of: siteA), b.settings(of: siteB))
    if inA == inB { return .equal }
    return inA.contradicts(inB) ? .different : .oneSided
  }
}
