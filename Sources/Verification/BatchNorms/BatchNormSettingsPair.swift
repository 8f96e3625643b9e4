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

  /// How what the two sides say of a BatchNorm differs.
  struct Difference: Sendable, Hashable {
    let a: BatchNormSettings
    let b: BatchNormSettings

    /// Whether both know something, and it is not the same; if not, one side knows what the other
    /// does not say.
    var isContradiction: Bool { a.contradicts(b) }
  }

  /// - Returns: nil where both say the same, or nothing.
  func difference(_ siteA: BatchNormSite, _ siteB: BatchNormSite) -> Difference? {
    let (inA, inB) = (a.settings(of: siteA), b.settings(of: siteB))
    return inA == inB ? nil : Difference(a: inA, b: inB)
  }
}
