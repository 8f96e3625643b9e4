public import DBNTensors

/// What converting the BatchNorms of a state dict gave.
public struct BatchNormConversion: Sendable {
  /// The converted state dict: same order, everything but the BatchNorms untouched.
  public let stateDict: StateDict
  /// Which BatchNorms were mapped, which were left alone and why, and what was lost.
  public let report: ConversionReport
  /// What to write into the file's history: what was done, by which rule, what was lost.
  public let record: JSON
  /// What looks like a BatchNorm and was left alone, and why; also among the report's `skipped`.
  public let leftAlone: [ConversionReport.Item]

  /// What the converted BatchNorms were and are, by their modules' names: names and shapes may leave
  /// that open.
  public let known: (before: [String: BatchNormSurvey.Hint], after: [String: BatchNormSurvey.Hint])

  /// Whether a BatchNorm of several devices has another number of them now: then no batch is sliced
  /// alike for both, and they can't be run side by side.
  public var changesWorldSize: Bool {
    known.before.contains { name, hint in
      let (before, after) = (hint.worldSize ?? 1, known.after[name]?.worldSize ?? 1)
      return before > 1 && after > 1 && before != after
    }
  }

  /// The rule that replicas were merged by; nil: none was needed.
  public let rule: MergeRule?

  /// What is wrong with the numbers of the BatchNorms that were read, and with those of the result
  /// that were not wrong before: merging can leave the range of the type.
  ///
  /// - Parameter source: the state dict that was converted.
  public func health(from source: StateDict) -> BatchNormHealth {
    let before = BatchNormHealth(
      of: BatchNormSurvey(source, known: known.before).sites, in: source)
    let after = BatchNormHealth(
      of: BatchNormSurvey(stateDict, known: known.after).sites, in: stateDict)
    return before.adding(after)
  }

  package init(
    stateDict: StateDict, report: ConversionReport, record: JSON, rule: MergeRule? = nil,
    before: [String: BatchNormSurvey.Hint] = [:], after: [String: BatchNormSurvey.Hint] = [:],
    leftAlone: [ConversionReport.Item] = []
  ) {
    self.stateDict = stateDict
    self.report = report
    self.record = record
    self.rule = rule
    self.leftAlone = leftAlone
    known = (before, after)
  }
}

extension CheckpointError.Code {
  /// There is no BatchNorm to convert, or none that the patterns select.
  public static let noBatchNorm = Self("no-batch-norm")
  /// The BatchNorms are not in the layout that the conversion starts from.
  public static let unexpectedLayout = Self("unexpected-layout")
  /// The number of virtual devices, or of a replica, makes no sense.
  public static let invalidWorldSize = Self("invalid-world-size")
  /// Replicas differ where they must be identical.
  public static let replicasDiffer = Self("replicas-differ")
}
