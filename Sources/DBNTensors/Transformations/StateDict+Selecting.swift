extension CheckpointError.Code {
  /// A pattern matches no key: most likely it is wrong.
  public static let nothingSelected = Self("nothing-selected")
}

extension StateDict {
  /// The state dict without the entries that are not chosen, and their names, in order.
  ///
  /// The version of a module in `_metadata` is kept even if none of its entries is.
  ///
  /// - Throws: `nothingSelected` for a pattern that matches no key, and if no entry is chosen.
  public func selecting(
    _ selection: NameSelection
  ) throws(CheckpointError) -> (stateDict: StateDict, leftOut: [String]) {
    if let pattern = selection.firstUnused(among: names) {
      throw CheckpointError(
        .nothingSelected, "no key matches the pattern '\(pattern.visible())'",
        advice: "see the keys with \(.inspection)")
    }
    let leftOut = names.filter { !selection.contains($0) }
    guard leftOut.count < names.count else {
      throw CheckpointError(
        .nothingSelected, "the patterns leave no entry of the state dict",
        advice: "see the keys with \(.inspection)")
    }
    return (removing(Set(leftOut.map { .string($0) })), leftOut)
  }

  /// The state dict without the entries of these keys.
  package func removing(_ keys: Set<CheckpointDictionary.Key>) -> StateDict {
    guard !keys.isEmpty else { return self }
    var kept = CheckpointDictionary(dictionary.kind)
    kept.attributes = dictionary.attributes
    kept.reserveCapacity(dictionary.entries.count - keys.count)
    for entry in dictionary.entries where !keys.contains(entry.key) {
      kept.set(entry.key, to: entry.value)
    }
    var result = StateDict(kept) ?? self
    result.otherNorms = otherNorms
    return result
  }
}
