import DBNTensors

extension StateDict {
  /// The state dict with a weight of ones and a bias of zeros for each BatchNorm that lacks one, as
  /// PyTorch's modules have them unless they are made with `affine=False`. They change no output.
  ///
  /// - Returns: the state dict, and the names that were added.
  func completingBatchNorms() throws(CheckpointError) -> (stateDict: StateDict, added: [String]) {
    var result = CheckpointDictionary(dictionary.kind)
    result.attributes = dictionary.attributes
    var added: [String] = []
    for entry in dictionary.entries {
      if let module = entry.key.string?.moduleOfRunningMean, let mean = entry.value.tensor,
        mean.shape.count == 1, mean.scalarType.isFloatingPoint,
        self[module + BatchNormQuantity.runningVar.rawValue]?.shape == mean.shape
      {
        for (name, value) in [("weight", 1.0), ("bias", 0)]
        where !dictionary.contains(.string(module + name)) {
          var tensor = try Tensor(
            rounding: Array(repeating: value, count: mean.count), to: mean.scalarType,
            shape: mean.shape)
          tensor.kind = mean.kind == .buffer ? .parameter : mean.kind
          result.set(.string(module + name), to: .tensor(tensor))
          added.append(module + name)
        }
      }
      result.set(entry.key, to: entry.value)
    }
    return (StateDict(result) ?? self, added)
  }
}

extension String {
  /// The prefix of a module's keys, if this is the key of a running mean.
  fileprivate var moduleOfRunningMean: String? {
    let name = BatchNormQuantity.runningMean.rawValue
    guard hasSuffix(name) else { return nil }
    let module = dropLast(name.count)
    return module.isEmpty || module.hasSuffix(".") ? String(module) : nil
  }
}
