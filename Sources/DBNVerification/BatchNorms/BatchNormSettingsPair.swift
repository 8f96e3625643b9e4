public import DBNBatchNorm
public import DBNExecution
public import DBNTensors

/// The epsilon and momentum of the BatchNorms in two checkpoints.
public struct BatchNormSettingsPair: Sendable {
  /// The first file's settings, by module name.
  public var a: BatchNormSettingsTable
  /// The second file's settings, by module name.
  public var b: BatchNormSettingsTable

  /// Makes the settings of two files; the table of a file without settings is empty.
  public init(
    _ a: BatchNormSettingsTable = BatchNormSettingsTable(),
    _ b: BatchNormSettingsTable = BatchNormSettingsTable()
  ) {
    (self.a, self.b) = (a, b)
  }

  /// The options for running the BatchNorms with the same name. A value that only one side has is
  /// used for both, since they are the same BatchNorm; if neither has it, the default is used.
  public func options(
    _ siteA: BatchNormSite, _ siteB: BatchNormSite, default options: BatchNormModule.Options
  ) -> (a: BatchNormModule.Options, b: BatchNormModule.Options) {
    let (inA, inB) = (a.settings(of: siteA), b.settings(of: siteB))
    return (
      BatchNormModule.Options(inA.filled(from: inB), default: options),
      BatchNormModule.Options(inB.filled(from: inA), default: options)
    )
  }

  /// Whether the two sides have different values for the given settings.
  func contradicts(in given: BatchNormSettings) -> Bool {
    a.entries.contains { name, mine in
      let theirs = b[name] ?? BatchNormSettings()
      let epsilons = (mine.epsilon ?? theirs.epsilon, theirs.epsilon ?? mine.epsilon)
      let momenta = (mine.momentum ?? theirs.momentum, theirs.momentum ?? mine.momentum)
      return (given.epsilon != nil && epsilons.0 != epsilons.1)
        || (given.momentum != nil && momenta.0 != momenta.1)
    }
  }

  /// How the settings of a BatchNorm differ.
  struct Difference: Sendable, Hashable {
    let a: BatchNormSettings
    let b: BatchNormSettings

    /// Whether both sides have a value and the values differ; otherwise only one side has a value.
    var isContradiction: Bool { a.contradicts(b) }
  }

  /// - Returns: nil if both have the same values, or none.
  func difference(_ siteA: BatchNormSite, _ siteB: BatchNormSite) -> Difference? {
    let (inA, inB) = (a.settings(of: siteA), b.settings(of: siteB))
    return inA == inB ? nil : Difference(a: inA, b: inB)
  }
}
