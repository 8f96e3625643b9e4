extension StateDict {
  /// The state dict without what a training script adds to it (optimizers, epochs, other networks),
  /// and the names of the omitted values, in order.
  ///
  /// The model consists of all tensors directly in the state dict and what could not be read there,
  /// all keys that end in
  /// `_extra_state`, and other values of a module that has tensors (`fc._packed_params.dtype` next
  /// to `fc.scale`).
  public var modelOnly: (stateDict: StateDict, leftOut: [String]) {
    var modules: Set<String> = []
    for (name, _) in tensors { Self.module(of: name).map { _ = modules.insert($0) } }
    func isOfModel(_ entry: CheckpointDictionary.Entry) -> Bool {
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

  /// The first component of a name that has several.
  private static func module(of name: String) -> String? {
    name.utf8.firstIndex(of: UInt8(ascii: ".")).map { String(name[..<$0]) }
  }
}
