import DBNTensors
import DBNVerification

extension Checkpoint {
  /// A checkpoint with other names.
  struct Renamed {
    var checkpoint: Checkpoint
    /// How many tensors have another name.
    var count = 0
    var notes: [Guidance] = []
  }

  /// The checkpoint with a transformation applied to its state dicts; nil if that changes no name.
  ///
  /// A program, which would not find the renamed tensors, is dropped, and noted; the epsilon and
  /// momentum in it are kept.
  ///
  /// - Parameter entry: the only state dict to change; nil for all.
  /// - Throws: `nameCollision`, `noSuchEntry`.
  func renamed(
    by transformation: Transformation, at entry: EntryPath?
  ) throws(CheckpointError) -> Renamed? {
    var result = Renamed(checkpoint: self)
    result.checkpoint.batchNormSettings = allBatchNormSettings
    for entry in entry.map({ [$0] }) ?? stateDictEntries {
      let before = try stateDict(at: entry)
      var transformed = TransformedStateDict(before, allBatchNormSettings)
      do throws(CheckpointError) {
        try transformed.rename(by: [transformation])
      } catch  where error.code == .nothingRenamed {
        continue
      }
      let (old, new) = (Set(before.names), transformed.stateDict.names)
      let count = new.count { !old.contains($0) }
      guard count > 0 else { continue }
      result.count += count
      result.notes += transformed.report.notes
      result.notes += Self.note(keeping: transformed.report.skipped, of: before)
      let change = StateDictChange(
        entry: entry, before: before, after: transformed.stateDict, settings: transformed.settings,
        names: .renamed)
      let dropped: [ConversionReport.Item]
      (result.checkpoint, dropped) = change.applied(to: result.checkpoint)
      if !dropped.isEmpty { result.notes.append("the program is not used: it has the old names") }
    }
    return result.count > 0 ? result : nil
  }

  /// A note about tensors of the model that kept their names; none if there are none.
  private static func note(
    keeping items: [ConversionReport.Item], of stateDict: StateDict
  ) -> [Guidance] {
    let model = stateDict.withoutOptimizer.stateDict
    let items = items.filter { model[$0.name] != nil }
    guard let first = items.first else { return [] }
    return [
      "\(counted(items.count, "tensor")) kept the old name (\(first.name.visible()): \(first.reason)"
        + (items.count > 1 ? ", ...)" : ")")
    ]
  }
}
