extension Checkpoint {
  /// The lists, tuples and mappings with numbers for keys that directly hold tensors, best first:
  /// models saved without names. Only in a checkpoint that has no state dict; else empty.
  ///
  /// They are no state dicts: no command converts them. `tensorList(at:)` gives one for comparing.
  public var tensorLists: [FoundStateDict] {
    guard StateDictSearch.run(.named, in: self, takesScalars: false).isEmpty else { return [] }
    let lists = StateDictSearch.run(.nameless, in: self, takesScalars: false)
    if !lists.isEmpty { return lists.map(\.found) }
    guard StateDictSearch.run(.named, in: self, takesScalars: true).isEmpty else { return [] }
    return StateDictSearch.run(.nameless, in: self, takesScalars: true).map(\.found)
  }

  /// The tensors of a list or tuple as a state dict whose names are their indices: "0", "1", ...
  /// In a mapping the names are its keys. What is no tensor is left out, and its index is not used.
  ///
  /// - Throws: `noSuchEntry`; `noStateDict` for what is neither.
  public func tensorList(at entry: EntryPath) throws(CheckpointError) -> StateDict {
    let place = try place(of: entry)
    let value = value(at: place)
    guard value.isContainer else {
      throw CheckpointError(
        .noStateDict, name: "\(place)", "is a \(value.typeName), not a list of tensors",
        advice: "see what is there with \(.inspection)")
    }
    var stateDict = StateDict()
    for (key, child) in value.children {
      // The number 0 and the text "0" can both be keys.
      var name = key.description
      while stateDict[name] != nil { name += "'" }
      if let tensor = child.tensor { stateDict[name] = tensor }
    }
    return stateDict
  }
}
