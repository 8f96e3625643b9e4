public import DBNTensors

/// What the user should know about the mode in which BatchNorms run, in one sentence each.
extension Graph {
  /// A note about the BatchNorms that run in another mode than the one they were exported with; nil
  /// if there are none.
  ///
  /// - Parameter given: the mode of the whole run.
  public func noteOverridden(by given: ExecutionMode?) -> Guidance? {
    guard let given else { return nil }
    let overridden = batchNorms.filter { $0.exportedMode != nil && $0.exportedMode != given }
    guard let first = overridden.first else { return nil }
    let (own, used) = given == .training ? ("evaluation", "training") : ("training", "evaluation")
    return
      "run in \(used), though exported in \(own): \(overridden.count) of "
      + "\(counted(batchNorms.count, "BatchNorm")) of the program, beginning with "
      + "'\(first.module.visible())'"
  }

  /// A note about the BatchNorms that train with a momentum of 0 which may stand for a cumulative
  /// average; nil if there are none.
  ///
  /// - Parameters:
  ///   - given: the mode of the whole run.
  ///   - settings: the momentum of BatchNorms where something else states it.
  public func noteMomentum(
    given: ExecutionMode?, knowing settings: BatchNormSettingsTable
  ) -> Guidance? {
    let open = batchNorms.filter { attributes in
      attributes.mode(given: given) == .training && attributes.mayBeCumulative
        && settings.settings(ofModule: attributes.module).momentum == nil
    }
    guard let first = open.first else { return nil }
    return
      "a momentum of 0, as exported in evaluation, leaves the statistics of "
      + "\(counted(open.count, "BatchNorm")) as they are, beginning with "
      + "'\(first.module.visible())'; PyTorch exports momentum=None as 0 too: if these are "
      + "averages over all batches, give \(.cumulativeMomentum)"
  }
}
