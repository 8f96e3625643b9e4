public import DBNBatchNorm
public import DBNExecution
import DBNModels
public import DBNTensors

/// The epsilon and momentum that two checkpoints have for their BatchNorms.
public struct BatchNormSettingsPair: Sendable {
  /// What the first file has, by module name.
  public var a: BatchNormSettingsTable
  /// What the second file has, by module name.
  public var b: BatchNormSettingsTable

  /// Makes the settings of two files; those of a file that has none are empty.
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

  /// Whether the two sides have different values of what is given.
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

    /// Whether both know something, and it is not the same; if not, one side knows what the other
    /// does not say.
    var isContradiction: Bool { a.contradicts(b) }
  }

  /// - Returns: nil where both have the same, or none.
  func difference(_ siteA: BatchNormSite, _ siteB: BatchNormSite) -> Difference? {
    let (inA, inB) = (a.settings(of: siteA), b.settings(of: siteB))
    return inA == inB ? nil : Difference(a: inA, b: inB)
  }
}

extension BatchNormSettingsTable {
  /// The settings with what is given in place of what is known.
  func overridden(by given: BatchNormSettings) -> BatchNormSettingsTable {
    var result = self
    for (name, known) in entries { result[name] = given.filled(from: known) }
    return result
  }
}

extension Graph {
  /// The graph with the settings given for all its BatchNorms.
  func overridden(by given: BatchNormSettings) -> Graph {
    var table = BatchNormSettingsTable()
    for node in nodes {
      if let attributes = node.operation.batchNorm { table[attributes.module] = given }
    }
    return applying(table).graph
  }
}
