public import DBNTensors

extension Conversion {
  /// Changes names or types of the state dict's tensors, or nothing: then the result is the same
  /// checkpoint, which can be written in any format.
  ///
  /// A graph in the file is omitted, and reported, exactly if the names of tensors change or the
  /// state dict is written alone.
  ///
  /// - Parameters:
  ///   - transformations: selections and renamings are applied in this order, and then the cast.
  ///   - stateDictOnly: whether optimizer, epoch and the like are omitted.
  ///   - allowsLosses: whether a cast may make finite numbers infinite; these are reported.
  /// - Throws: `nothingSelected`, `nothingRenamed`, `nameCollision`; `unsupportedScalarType`; errors of
  ///   `findStateDict`, if there is something to change.
  public func converted(
    by transformations: [Transformation] = [], stateDictOnly: Bool = false,
    allowsLosses: Bool = false
  ) throws(CheckpointError) -> ConversionResult {
    let record: [JSON.Member] = [
      .init("operation", "convert"), .init("state_dict_only", .bool(stateDictOnly)),
    ]
    let basis: ProofBasis.Maker = { () throws(CheckpointError) in
      try proofBasis(transformations, stateDictOnly: stateDictOnly)
    }
    guard stateDictOnly || !transformations.isEmpty else {
      return ConversionResult(
        self, checkpoint, record: .object(record), ConversionReport(),
        notes: checkpoint.notes + checkpoint.settingsNotes(), examining: .all, basis: basis)
    }
    let (found, all) = try findStateDict()
    let (before, leftOut) = stateDictOnly ? all.modelOnly : (all, [])
    let transformed = try naming { () throws(CheckpointError) in
      var transformed = TransformedStateDict(before, checkpoint.batchNormSettings)
      try transformed.rename(by: transformations)
      try transformed.cast(by: transformations, allowsOverflow: allowsLosses)
      return transformed
    }
    let change = StateDictChange(
      entry: found, before: before, after: transformed.stateDict, settings: transformed.settings,
      names: .renamed, standsAlone: stateDictOnly)
    let (result, dropped) = change.applied(to: checkpoint)
    var report = transformed.report
    report.skipped += dropped
    report.notes += StateDict.note(leavingOut: leftOut)
    return ConversionResult(
      self, result, record: .object(record + transformed.record), report,
      notes: checkpoint.notes + change.notes(in: checkpoint, isChosen: entry != nil)
        + report.notes + result.settingsNotes(),
      // Examines what is written: a cast can make small variances 0.
      examining: .all, basis: basis)
  }

  /// The state dict under the names in the written file, before anything is rounded.
  private func proofBasis(
    _ transformations: [Transformation], stateDictOnly: Bool
  ) throws(CheckpointError) -> ProofBasis {
    let (entry, all) = try findStateDict()
    let converted = stateDictOnly ? all.modelOnly.stateDict : all
    var renamed = TransformedStateDict(converted, checkpoint.batchNormSettings)
    try naming { () throws(CheckpointError) in
      try renamed.rename(by: transformations)
      try renamed.promiseCast(transformations)
    }
    return ProofBasis(
      renamed.stateDict, writtenAt: stateDictOnly ? EntryPath() : entry,
      settings: renamed.settings, promise: renamed.promise)
  }
}

extension StateDict {
  /// A note about values that are not a part of the model; none if there are none.
  static func note(leavingOut names: [String]) -> [Guidance] {
    guard !names.isEmpty else { return [] }
    let names = names.map { $0.visible() }.joined(separator: ", ")
    return ["neither tensors nor parts of modules, and therefore left out: \(names)"]
  }
}
