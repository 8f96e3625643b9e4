extension Checkpoint {
  /// The lists, tuples and mappings with integer keys that directly hold tensors, best first:
  /// models saved without names. Empty if the checkpoint has a state dict.
  ///
  /// They are not state dicts: no command converts them. `tensorList(at:)` returns one for
  /// comparison.
  public var tensorLists: [FoundStateDict] {
    guard StateDictSearch.run(.named, in: self, takesScalars: false).isEmpty else { return [] }
    let lists = StateDictSearch.run(.nameless, in: self, takesScalars: false)
    if !lists.isEmpty { return lists.map(\.found) }
    guard StateDictSearch.run(.named, in: self, takesScalars: true).isEmpty else { return [] }
    return StateDictSearch.run(.nameless, in: self, takesScalars: true).map(\.found)
  }

  /// The tensors of a list or tuple as a state dict whose names are their indices: "0", "1", ...
  /// For a mapping the names are its keys. Values that are not tensors are omitted, and their
  /// indices are not used.
  ///
  /// - Throws: `noSuchEntry`; `noStateDict` if the value is not a container.
  public func tensorList(at entry: EntryPath) throws(CheckpointError) -> StateDict {
    let found = try existingEntry(entry)
    let value = value(at: found)
    guard value.isContainer else {
      throw CheckpointError(
        .noStateDict, name: "\(found)", "is \(withArticle(value.typeName)), not a list of tensors",
        advice: "list the contents with \(.inspection)")
    }
    var stateDict = StateDict()
    for (key, child) in value.children {
      // The integer 0 and the string "0" can both be keys.
      var name = key.description
      while stateDict[name] != nil { name += "'" }
      if let tensor = child.tensor { stateDict[name] = tensor }
    }
    return stateDict
  }
}
