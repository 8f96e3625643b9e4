extension CheckpointError.Code {
  /// The tree holds no state dict, or several equally likely ones.
  public static let noStateDict = Self("no-state-dict")
  /// There is no entry at the given path.
  public static let noSuchEntry = Self("no-such-entry")
}

/// Which of a checkpoint's mappings is the state dict.
///
/// 1. A candidate is a mapping with string keys that directly holds at least one tensor, at any
///    depth. Scalar tensors alone (a loss, a metric) make a candidate only in a checkpoint without
///    any other tensors. The states of optimizers, learning rate schedules and random generators,
///    and everything inside them, are not candidates; `--entry` can still select them.
/// 2. The candidate with the most BatchNorms is the state dict, then the one with the most tensors.
///    If these are equal, a moving average or a teacher (`ema`, `state_dict_ema`) loses to the
///    model, then a usual name (`usualEntries`) wins, then the shorter path.
/// 3. Of nested candidates only the best is accepted: what is inside it belongs to it, and a
///    mapping around it is only a wrapper.
///
/// An empty mapping is a state dict only if the file holds nothing else.
extension Checkpoint {
  /// The names under which training scripts keep a model's state dict, the most usual first.
  public static let usualEntries = [
    "state_dict", "model_state_dict", "model_state", "model", "net", "network", "module",
    "weights", "params",
  ]

  /// All accepted state dicts, best first; equally ranked state dicts in file order. At most
  /// `CheckpointLimits.stateDicts`, none inside another.
  ///
  /// Each access searches the whole tree: keep the result.
  public var stateDicts: [FoundStateDict] { rankedStateDicts.map(\.found) }

  /// The entries of `stateDicts`.
  public var stateDictEntries: [EntryPath] { stateDicts.map(\.entry) }

  /// Finds the state dict at `entry`, or the best by the rule above if `entry` is nil.
  ///
  /// - Throws: `noSuchEntry`; `noStateDict` for an entry that holds no named tensors, for a
  ///   checkpoint without a state dict, and for one where several rank equally.
  public func findStateDict(
    at entry: EntryPath? = nil
  ) throws(CheckpointError) -> (entry: EntryPath, stateDict: StateDict) {
    if let entry {
      let found = try existingEntry(entry)
      return (found, try namedStateDict(at: found))
    }
    if let settledEntry, let found = try? namedStateDict(at: settledEntry) {
      return (settledEntry, found)
    }
    let ranked = rankedStateDicts
    guard let best = ranked.first else {
      if isEmpty { return (EntryPath(), try mapping(at: EntryPath())) }
      throw noStateDict()
    }
    let equal = ranked.prefix { $0.rank == best.rank }
    guard equal.count == 1 else {
      throw CheckpointError(
        .noStateDict,
        "\(equal.count)\(equal.count == CheckpointLimits.stateDicts ? " or more" : "") entries "
          + "could be the state dict: "
          + equal.prefix(5).map { "\($0.found.entry)" }.joined(separator: ", ")
          + (equal.count > 5 ? ", ..." : ""),
        advice: "choose one with \(.anyEntry): \(.entry(best.found.entry.description))")
    }
    return (best.found.entry, try mapping(at: best.found.entry))
  }

  /// The state dict, found as `findStateDict` does.
  ///
  /// - Throws: as `findStateDict`.
  public func stateDict(at entry: EntryPath? = nil) throws(CheckpointError) -> StateDict {
    try findStateDict(at: entry).stateDict
  }

  /// The same checkpoint with the state dict at `entry` replaced.
  public func replacingStateDict(at entry: EntryPath, with stateDict: StateDict) -> Checkpoint {
    var result = self
    result.root = root.replacing(entry.keys[...], with: .dictionary(stateDict.dictionary))
    return result
  }

  /// Whether the file holds only an empty mapping: the state dict of a model without tensors.
  private var isEmpty: Bool { root.dictionary?.entries.isEmpty == true }

  private var rankedStateDicts: [StateDictSearch.Result] {
    let found = StateDictSearch.run(.named, in: self, takesScalars: false)
    guard found.isEmpty, root.containsTensor,
      StateDictSearch.run(.nameless, in: self, takesScalars: false).isEmpty
    else { return found }
    return StateDictSearch.run(.named, in: self, takesScalars: true)
  }

  /// The path with the actual keys: a path given as text can't distinguish the integer 0 from "0".
  func existingEntry(_ entry: EntryPath) throws(CheckpointError) -> EntryPath {
    var (value, existing) = (root, EntryPath())
    for key in entry.keys {
      let number = key.string.flatMap { Int($0) }.map { CheckpointDictionary.Key.int($0) }
      let candidates = [key] + (number.map { [$0] } ?? [])
      guard let found = candidates.first(where: { value.child($0) != nil }),
        let next = value.child(found)
      else {
        let keys = value.children.prefix(5).map { "'\($0.key)'" }
        let there = keys.isEmpty ? "nothing" : keys.joined(separator: ", ")
        let more = value.children.count > keys.count ? ", ..." : ""
        throw CheckpointError(
          .noSuchEntry, name: "\(entry)", "there is no such entry: '\(key)' is missing",
          advice:
            "there is \(there)\(more) \(existing.keys.isEmpty ? "at the root" : "in '\(existing)'"); "
            + "the keys of a path are separated by /")
      }
      (value, existing) = (next, existing.appending(found))
    }
    return existing
  }

  /// The value at an existing path.
  func value(at entry: EntryPath) -> CheckpointValue {
    entry.keys.reduce(root) { value, key in value.child(key) ?? .none }
  }

  private func mapping(at entry: EntryPath) throws(CheckpointError) -> StateDict {
    let value = value(at: entry)
    guard let dictionary = value.dictionary, var stateDict = StateDict(dictionary) else {
      throw CheckpointError(
        .noStateDict, name: "\(entry)",
        "is \(withArticle(value.typeName)), not a mapping of names to tensors",
        advice: "see what is there with \(.inspection)")
    }
    stateDict.otherNorms = instanceNorms(at: entry)
    return stateDict
  }

  /// The state dict that the user named: without tensors it is accepted only if the checkpoint has
  /// none.
  private func namedStateDict(at entry: EntryPath) throws(CheckpointError) -> StateDict {
    let stateDict = try mapping(at: entry)
    let hasTensor = stateDict.dictionary.entries.contains { $0.value.tensor != nil }
    guard !hasTensor, root.containsTensor else { return stateDict }
    let inside = stateDicts.filter { $0.entry.keys.starts(with: entry.keys) }
    throw CheckpointError(
      .noStateDict, name: "\(entry)", "holds no tensors of its own",
      advice: inside.isEmpty
        ? "see what is there with \(.inspection)"
        : "choose one inside it with \(.entry(inside[0].entry.description))")
  }

  /// What the file has and can't be read, with the reason.
  private var unreadableEntries: [(path: EntryPath, reason: String)] {
    root.leaves.compactMap { path, value in
      guard case .opaque(let opaque) = value else { return nil }
      return opaque.unreadableReason.map { (path, $0) }
    }
  }

  /// The error that explains why there is no state dict.
  private func noStateDict() -> CheckpointError {
    let advice: Guidance = "save one with torch.save(model.state_dict(), path)"
    let start = "there is no state dict: "
    guard root.containsTensor else {
      if let unreadable = unreadableEntries.first {
        return CheckpointError(
          .noStateDict, name: "\(unreadable.path)",
          "\(start)no tensor of the file can be read; this one \(unreadable.reason)")
      }
      return CheckpointError(
        .noStateDict, start + "there is no mapping of names to tensors", advice: advice)
    }
    if root.tensor != nil {
      return CheckpointError(
        .noStateDict, start + "the file is a single tensor, which has no name",
        advice: "save a mapping of names to tensors: torch.save({\"name\": tensor}, path)")
    }
    if let list = tensorLists.first {
      let name = list.entry.keys.isEmpty ? "the root" : "'\(list.entry)'"
      let type = value(at: list.entry).typeName
      return CheckpointError(
        .noStateDict, "\(start)\(name) is \(withArticle(type)) of tensors, which have no names",
        advice: advice)
    }
    return CheckpointError(
      .noStateDict, start + "its tensors belong to an optimizer or to other training state",
      advice: "\(advice), or choose a mapping with \(.anyEntry)")
  }
}

extension CheckpointLimits {
  /// The most state dicts that a search returns, the best first. Real checkpoints have a few, and a
  /// pickle of a few bytes can describe millions.
  public static let stateDicts = 1000
}

extension CheckpointValue {
  /// Whether there is a tensor anywhere in the value. Stops at the first.
  var containsTensor: Bool {
    if tensor != nil { return true }
    if let dictionary { return dictionary.entries.contains { $0.value.containsTensor } }
    return elements?.contains { $0.containsTensor } ?? false
  }

  /// The tree with the value at the path replaced; a path that leads nowhere changes nothing.
  fileprivate func replacing(
    _ keys: ArraySlice<CheckpointDictionary.Key>, with value: CheckpointValue
  ) -> CheckpointValue {
    guard let key = keys.first else { return value }
    guard let inner = child(key) else { return self }
    return replacingChild(key, with: inner.replacing(keys.dropFirst(), with: value))
  }
}
