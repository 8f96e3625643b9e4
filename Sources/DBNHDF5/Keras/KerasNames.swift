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
    var converted: [String: [(name: String, tensor: Tensor)]] = [:]
    var reasons: [String: String] = [:]
    var renamedSettings = settings
    var notes = KerasNotes()
    for layer in KerasLayer.layers(of: stateDict) {
      switch KerasRoles(layer) {
      case .known(let roles, let kind):
        for (variable, role) in zip(layer.variables, roles) {
          let suffix = layer.isReverse ? "_reverse" : ""
          converted[variable.name] = try role.entries(of: variable.tensor).map {
            ("\(layer.name).\($0.name)\(suffix)", $0.tensor)
          }
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
    report.notes = notes.sentences(KerasFacts(stateDict))
    return (result, report, renamedSettings)
  }

  private static func assemble(
    _ stateDict: StateDict, _ converted: [String: [(name: String, tensor: Tensor)]],
    _ reasons: [String: String]
  ) throws(CheckpointError) -> (stateDict: StateDict, report: ConversionReport) {
    var result = CheckpointDictionary(stateDict.dictionary.kind)
    result.attributes = stateDict.dictionary.attributes
    var report = ConversionReport()
    for entry in stateDict.dictionary.entries {
      let old = entry.key.description
      guard let new = converted[old] else {
        try add(entry.value, as: old, from: old, to: &result)
        report.skipped.append(
          ConversionReport.Item(old, reasons[old] ?? "is not a weight of a layer"))
        continue
      }
      for (name, tensor) in new { try add(.tensor(tensor), as: name, from: old, to: &result) }
      report.converted.append(old)
    }
    return (StateDict(result) ?? stateDict, report)
  }

  private static func add(
    _ value: CheckpointValue, as name: String, from old: String,
    to result: inout CheckpointDictionary
  ) throws(CheckpointError) {
    guard !result.contains(.string(name)) else {
      throw CheckpointError(
        .nameCollision, name: name,
        "two weights would have this name in PyTorch, one of them '\(old.visible())'",
        advice: "rename one of them with \(.renaming)")
    }
    result.set(.string(name), to: value)
  }
}
