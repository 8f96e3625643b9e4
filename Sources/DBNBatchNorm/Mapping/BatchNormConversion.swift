public import DBNTensors

/// The result of converting the BatchNorms of a state dict.
public struct BatchNormConversion: Sendable {
  /// The converted state dict, in the same order, with everything but the BatchNorms unchanged.
  public let stateDict: StateDict
  /// Which BatchNorms were converted, which were left alone and why, and what was lost.
  public let report: ConversionReport
  /// The record for the file's history: what was done, by which rule, and what was lost.
  public let record: JSON
  /// Modules that look like BatchNorms and were left alone, and why; also in the report's
  /// `skipped`.
  public let leftAlone: [ConversionReport.Item]
  /// What is only assumed because the user said it, and nothing in the state dict shows.
  public let assumption: Guidance?

  /// The layouts of the converted BatchNorms before and after, by module name, because names and
  /// shapes may not determine them.
  public let known: (before: [String: BatchNormSurvey.Hint], after: [String: BatchNormSurvey.Hint])

  /// Whether the world size of a BatchNorm with several devices changed: then a batch is sliced
  /// differently before and after, and the two can't be run side by side.
  public var changesWorldSize: Bool {
    known.before.contains { name, hint in
      let (before, after) = (hint.worldSize ?? 1, known.after[name]?.worldSize ?? 1)
      return before > 1 && after > 1 && before != after
    }
  }

  /// The rule by which replicas were merged; nil if none was needed.
  public let rule: MergeRule?

  /// The faults in the numbers of the source's BatchNorms, and those that the conversion added:
  /// merging can exceed the range of the scalar type.
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
    leftAlone: [ConversionReport.Item] = [], assumption: Guidance? = nil
  ) {
    self.stateDict = stateDict
    self.report = report
    self.record = record
    self.rule = rule
    self.leftAlone = leftAlone
    self.assumption = assumption
    known = (before, after)
  }
}

extension CheckpointError.Code {
  /// There is no BatchNorm to convert, or the patterns select none.
  public static let noBatchNorm = Self("no-batch-norm")
  /// The BatchNorms are not in the layout that the conversion expects.
  public static let unexpectedLayout = Self("unexpected-layout")
  /// The world size or the index of a replica is out of range.
  public static let invalidWorldSize = Self("invalid-world-size")
  /// Replicas differ where they must be identical.
  public static let replicasDiffer = Self("replicas-differ")
}
