public import DBNTensors

/// Gives the weights of a Keras model the names and the axis order of PyTorch's modules.
///
/// A layer keeps its name; `gamma` and `kernel` become `weight`, `beta` becomes `bias`, and
/// `moving_mean` and `moving_variance` become `running_mean` and `running_var`. Kernels change from
/// [height, width, in, out] to [out, in, height, width], those of dense layers from [in, out] to
/// [out, in], in one, two and three dimensions; transposed convolutions to [in, out, ...]. Keras
/// does not count batches: a BatchNorm gets a `num_batches_tracked` of 0, without which it would
/// look like a frozen one. Keras' momentum `m` is `1 - m` in PyTorch.
///
/// A weight is changed only if the class of its layer is known, from the model's configuration or
/// from a name that Keras generated, or if types and shapes leave no other reading. Every other
/// weight keeps its name and its axes, and is reported with the reason.
public enum KerasNames {
  /// Converts a state dict as it was read from a file of Keras.
  ///
  /// - Returns: the state dict in the same order, and a report of what was renamed, and of what was
  ///   not, with the reason.
  /// - Throws: `nameCollision` when two weights get the same name.
  public static func converting(
    _ stateDict: StateDict
  ) throws(CheckpointError) -> (stateDict: StateDict, report: ConversionReport) {
    let converted = try converting(stateDict, BatchNormSettingsTable())
    return (converted.stateDict, converted.report)
  }

  /// Converts a state dict, and gives the settings of its BatchNorms
  /// (`Checkpoint.batchNormSettings`) the new names.
  ///
  /// - Throws: `nameCollision` when two weights get the same name.
  public static func converting(
    _ stateDict: StateDict, _ settings: BatchNormSettingsTable
  ) throws(CheckpointError) -> (
    stateDict: StateDict, report: ConversionReport, settings: BatchNormSettingsTable
  ) {
    var converted: [String: (name: String, tensor: Tensor)] = [:]
    var reasons: [String: String] = [:]
    var renamedSettings = settings
    var notes = KerasNotes()
    for layer in KerasLayer.layers(of: stateDict) {
      switch KerasRoles(layer) {
      case .known(let roles, let kind):
        for (variable, role) in zip(layer.variables, roles) {
          converted[variable.name] = (
            "\(layer.name).\(role.name)", try role.apply(to: variable.tensor)
          )
        }
        if let known = settings[layer.key] {
          renamedSettings[layer.key] = nil
          renamedSettings[layer.name] = known
        }
        notes.add(layer, kind, roles)
      case .unknown(let reason):
        for variable in layer.variables { reasons[variable.name] = reason }
      }
    }
    var (result, report) = try assemble(stateDict, converted, reasons)
    report.notes = notes.sentences(KerasFacts(stateDict)).map { Guidance($0) }
    return (result, report, renamedSettings)
  }

  private static func assemble(
    _ stateDict: StateDict, _ converted: [String: (name: String, tensor: Tensor)],
    _ reasons: [String: String]
  ) throws(CheckpointError) -> (stateDict: StateDict, report: ConversionReport) {
    var result = CheckpointDictionary(stateDict.dictionary.kind)
    result.attributes = stateDict.dictionary.attributes
    var report = ConversionReport()
    for entry in stateDict.dictionary.entries {
      let old = entry.key.description
      let new = converted[old]
      guard !result.contains(.string(new?.name ?? old)) else {
        throw CheckpointError(
          .nameCollision, name: new?.name ?? old,
          "two weights would have this name in PyTorch, one of them '\(old.visible())'",
          advice: "rename one of them with \(.renaming)")
      }
      result.set(.string(new?.name ?? old), to: new.map { .tensor($0.tensor) } ?? entry.value)
      if let new { try addCounter(after: new, to: &result) }
      if new != nil {
        report.converted.append(old)
      } else {
        report.skipped.append(
          ConversionReport.Item(old, reasons[old] ?? "is not a weight of a layer"))
      }
    }
    return (StateDict(result) ?? stateDict, report)
  }

  /// Adds the counter of a BatchNorm after its last statistic.
  private static func addCounter(
    after variance: (name: String, tensor: Tensor), to result: inout CheckpointDictionary
  ) throws(CheckpointError) {
    let last = KerasRole.runningVariance.name
    guard variance.name.hasSuffix(".\(last)") else { return }
    let name = String(variance.name.dropLast(last.count) + "num_batches_tracked")
    guard !result.contains(.string(name)) else { return }
    var counter = try Tensor([0], shape: [])
    counter.kind = variance.tensor.kind
    result.set(.string(name), to: .tensor(counter))
  }
}
