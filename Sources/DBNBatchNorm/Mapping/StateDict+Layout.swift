public import DBNTensors

extension StateDict {
  /// The largest V: far beyond any cluster, yet small enough that a typing error does not produce
  /// an absurdly large file.
  public static let worldSizeLimit = 65_536

  /// Converts the BatchNorms to another layout, whichever they are in.
  ///
  /// Between layouts with per-device running statistics and the same number of devices, every row
  /// is kept. Otherwise the rows are merged by the rule, and all devices of the new layout start
  /// from the result. The report and the record for the file's history name what is lost.
  ///
  /// - Parameters:
  ///   - worldSize: V of the new layout; nil to keep the number of devices.
  ///   - rule: how rows are merged; nil for the shared statistics that evaluation uses, or for rows
  ///     that must be identical if the layout has none.
  ///   - hint: the layout that they are in, where names and shapes don't determine it.
  /// If all BatchNorms are already in a layout of one device, the state dict is unchanged, and the
  /// report's `converted` empty.
  ///
  /// - Throws: `replicasDiffer` with the drift and the choices; `unexpectedLayout` when all are
  ///   already in a layout of several devices, or devices have weights of their own that can't be
  ///   kept;
  ///   `invalidWorldSize`, `noBatchNorm`, `nameCollision`.
  public func converting(
    to layout: BatchNormLayout, worldSize: Int? = nil, merging rule: MergeRule? = nil,
    selection: NameSelection = .all, reading hint: BatchNormSurvey.Hint? = nil
  ) throws(CheckpointError) -> BatchNormConversion {
    if let worldSize, !(1...Self.worldSizeLimit).contains(worldSize) {
      throw CheckpointError(
        .invalidWorldSize, "there cannot be \(worldSize) virtual devices",
        advice: "give a world size from 1 to \(Self.worldSizeLimit)")
    }
    let selected = try SelectedSites(self, selection: selection, hint: hint)
    var conversion = LayoutConversion(
      self, to: layout, worldSize: worldSize, merging: rule,
      hasHint: hint.map { !$0.isAnswer } ?? false)
    return try conversion.run(selected)
  }

  /// Converts BatchNorms to a distributed layout: every virtual device starts from the same running
  /// statistics. In evaluation the model's outputs stay the same to the last bit.
  ///
  /// - Parameters:
  ///   - worldSize: V, the number of virtual devices.
  ///   - rule: how the replicas of an already distributed state dict are merged first.
  /// - Throws: the same errors as `converting`.
  public func toDistributed(
    worldSize: Int, layout: BatchNormLayout = .replicated, merging rule: MergeRule? = nil,
    selection: NameSelection = .all, reading hint: BatchNormSurvey.Hint? = nil
  ) throws(CheckpointError) -> BatchNormConversion {
    try converting(
      to: layout, worldSize: worldSize, merging: rule, selection: selection, reading: hint)
  }

  /// Converts distributed BatchNorms to standard BatchNorms, merging the replicas by a rule.
  ///
  /// If the replicas are identical, nothing is lost. Otherwise the history records how far they had
  /// drifted apart. Counters merge to replica K's with `replica:K`, to replica 0's with `first`,
  /// else to the largest.
  ///
  /// - Throws: the same errors as `converting`.
  public func toStandard(
    merging rule: MergeRule? = nil, selection: NameSelection = .all,
    reading hint: BatchNormSurvey.Hint? = nil
  ) throws(CheckpointError) -> BatchNormConversion {
    try converting(to: .standard, merging: rule, selection: selection, reading: hint)
  }

  /// One device's state dict: its rows as standard BatchNorms.
  ///
  /// - Throws: the same errors as `converting`.
  package func replica(
    _ index: Int, of selection: NameSelection = .all
  ) throws(CheckpointError) -> StateDict {
    let selected = try SelectedSites(self, selection: selection)
    var conversion = LayoutConversion(
      self, to: .standard, worldSize: nil, merging: .replica(index), hasHint: false,
      measuringDrift: false)
    return try conversion.run(selected).stateDict
  }

  /// Whether all replicas of a BatchNorm have the same bytes, counters included.
  public func replicasAreIdentical(_ site: BatchNormSite) throws(CheckpointError) -> Bool {
    do throws(CheckpointError) {
      return try BatchNormState(site, in: self).replicasAreIdentical()
    } catch {
      throw error.with(name: site.name)
    }
  }
}
