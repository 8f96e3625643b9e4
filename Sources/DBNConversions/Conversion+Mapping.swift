public import DBNBatchNorm
public import DBNTensors
import DBNVerification

extension Conversion {
  /// Maps the BatchNorms to another layout, whatever their current one.
  ///
  /// - Parameters: those of `StateDict.converting`.
  /// - Throws: as `StateDict.converting`, and `findStateDict`.
  public func converting(
    to layout: BatchNormLayout, worldSize: Int? = nil, merging rule: MergeRule? = nil,
    selection: NameSelection = .all, reading hint: BatchNormSurvey.Hint? = nil
  ) throws(CheckpointError) -> ConversionResult {
    let (found, before) = try findStateDict()
    let mapped = try naming { () throws(CheckpointError) in
      try before.converting(
        to: layout, worldSize: worldSize, merging: rule, selection: selection, reading: hint)
    }
    let change = StateDictChange(entry: found, before: before, after: mapped.stateDict)
    let (result, _) = change.applied(to: checkpoint)
    let settings = checkpoint.batchNormSettings
    return ConversionResult(
      self, result, record: mapped.record, mapped.report,
      notes: checkpoint.notes + change.notes(in: checkpoint, isChosen: entry != nil)
        + (mapped.assumption.map { [$0] } ?? [])
        + mapped.leftAlone.map { "\($0.name.moduleName): \($0.explanation)" }
        + result.settingsNotes(layout),
      examining: .mapped(mapped, from: before),
      basis: { () throws(CheckpointError) in
        ProofBasis(
          before, writtenAt: found, settings: settings, known: mapped.known,
          promise: mapped.report.isLossless && !mapped.changesWorldSize
            ? nil : ConversionPromise(mapped))
      })
  }

  /// Maps the BatchNorms to a distributed layout: every virtual device starts from the same running
  /// statistics, so in evaluation the outputs are bit-identical.
  ///
  /// - Parameters: those of `StateDict.toDistributed`.
  /// - Throws: as `converting`.
  public func toDistributed(
    worldSize: Int, layout: BatchNormLayout = .replicated, merging rule: MergeRule? = nil,
    selection: NameSelection = .all, reading hint: BatchNormSurvey.Hint? = nil
  ) throws(CheckpointError) -> ConversionResult {
    try converting(
      to: layout, worldSize: worldSize, merging: rule, selection: selection, reading: hint)
  }

  /// Maps distributed BatchNorms to standard ones, merging the replicas by a rule.
  ///
  /// - Parameter rule: nil: the statistics that evaluation uses if the layout stores them;
  ///   otherwise the replicas must be identical.
  /// - Throws: as `converting`.
  public func toStandard(
    merging rule: MergeRule? = nil, selection: NameSelection = .all,
    reading hint: BatchNormSurvey.Hint? = nil
  ) throws(CheckpointError) -> ConversionResult {
    try converting(to: .standard, merging: rule, selection: selection, reading: hint)
  }
}
