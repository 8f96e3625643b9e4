public import DBNBatchNorm
import DBNModels
public import DBNTensors
import DBNVerification

extension Conversion {
  /// Maps the BatchNorms to another layout, whatever their current one.
  ///
  /// - Parameters: those of `StateDict.converting`, and
  ///   - stated: epsilon and momentum of all BatchNorms, which are written instead of the file's own.
  /// - Throws: as `StateDict.converting`, and `findStateDict`.
  public func converting(
    to layout: BatchNormLayout, worldSize: Int? = nil, merging rule: MergeRule? = nil,
    selection: NameSelection = .all, reading hint: BatchNormSurvey.Hint? = nil,
    stating stated: BatchNormSettings = BatchNormSettings()
  ) throws(CheckpointError) -> ConversionResult {
    let (found, before) = try findStateDict()
    // The history is the only thing that tells first-device BatchNorms from standard ones.
    let ofHistory = worldSize == nil ? checkpoint.firstDevice(of: before) : nil
    let hint = hint ?? ofHistory.map { .init(.firstDevice, worldSize: $0.worldSize) }
    let mapped = try naming { () throws(CheckpointError) in
      try before.converting(
        to: layout, worldSize: worldSize, merging: rule, selection: selection, reading: hint)
    }
    let change = StateDictChange(entry: found, before: before, after: mapped.stateDict)
    var (result, _) = change.applied(to: checkpoint)
    let statesSettings = stated != BatchNormSettings()
    if statesSettings { result.batchNormSettings.state(stated, in: mapped.stateDict) }
    let settings = statesSettings ? result.batchNormSettings : checkpoint.batchNormSettings
    return ConversionResult(
      self, result, record: mapped.record, mapped.report,
      notes: checkpoint.notes + change.notes(in: checkpoint, isChosen: entry != nil)
        + [mapped.report.copyNote, mapped.assumption].compactMap(\.self)
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

extension BatchNormSettingsTable {
  /// Gives all BatchNorms of a state dict the stated settings.
  fileprivate mutating func state(_ stated: BatchNormSettings, in stateDict: StateDict) {
    for site in BatchNormSurvey(stateDict).sites {
      self[site.name] = stated.filled(from: settings(of: site))
    }
  }
}

extension ConversionResult {
  /// - Throws: `unexpectedLayout` if every BatchNorm already has the layout, so that the result is a
  ///   copy.
  public func requireConverted() throws(CheckpointError) {
    guard report.converted.isEmpty, let first = report.skipped.first else { return }
    throw CheckpointError(
      .unexpectedLayout, path: source.path, name: first.name, "its layout is \(first.reason)",
      advice:
        "there is nothing to convert; if it has another layout that looks like this one, name "
        + "that with \(.sourceLayout(nil))")
  }
}

extension ConversionReport {
  /// A note that nothing was converted; nil if something was.
  fileprivate var copyNote: Guidance? {
    guard converted.isEmpty, let first = skipped.first else { return nil }
    return
      "nothing to convert, and the result is a copy: the BatchNorms have the layout, beginning with "
      + "'\(first.name.moduleName)' (\(first.reason)); if theirs is another that looks like this "
      + "one, name that with \(.sourceLayout(nil))"
  }
}
