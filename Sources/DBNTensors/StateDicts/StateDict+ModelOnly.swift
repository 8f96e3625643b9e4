extension StateDict {
  /// The state dict without what a training script adds to it (optimizers, epochs, other networks),
  /// and the names of the omitted values, in order.
  ///
  /// The model consists of all tensors directly in the state dict but an optimizer's, what could not
  /// be read there, all keys that end in `_extra_state`, and other values of a module that has
  /// tensors (`fc._packed_params.dtype` next to `fc.scale`).
  public var modelOnly: (stateDict: StateDict, leftOut: [String]) {
    var modules: Set<String> = []
    for (name, _) in tensors { Self.module(of: name).map { _ = modules.insert($0) } }
    func isOfModel(_ entry: CheckpointDictionary.Entry) -> Bool {
      if entry.key.namesOptimizerVariable { return false }
      guard entry.value.tensor == nil, let name = entry.key.string else { return true }
      if entry.key.namesExtraState { return true }
      // A weight that can't be read is one all the same.
      if case .opaque(let value) = entry.value, value.unreadableReason != nil { return true }
      guard let module = Self.module(of: name) else { return false }
      return modules.contains(module) && TrainingState(named: .string(module)) == nil
    }
    let leftOut = dictionary.entries.filter { !isOfModel($0) }.map(\.key)
    return (removing(Set(leftOut)), leftOut.compactMap(\.string))
  }

  /// The state dict without the optimizer's variables, which Keras stores beside the weights, and
  /// their keys.
  package var withoutOptimizer: (stateDict: StateDict, optimizer: [CheckpointDictionary.Key]) {
    let keys = dictionary.entries.map(\.key).filter(\.namesOptimizerVariable)
    return (removing(Set(keys)), keys)
  }

  /// The first component of a name that has several.
  private static func module(of name: String) -> String? {
    name.utf8.firstIndex(of: UInt8(ascii: ".")).map { String(name[..<$0]) }
  }
}

extension CheckpointDictionary.Key {
  /// Whether Keras has stored a variable of the optimizer under this name: `optimizer/vars/0` in a
  /// file of weights (`keras.src.saving.saving_lib.save_weights_only`).
  fileprivate var namesOptimizerVariable: Bool { string?.hasPrefix("optimizer.vars.") == true }
}
