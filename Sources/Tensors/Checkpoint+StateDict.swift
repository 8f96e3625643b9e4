extension CheckpointError.Code {
  /// The tree holds no state dict, or several and no telling which is meant.
  public static let noStateDict = Self("no-state-dict")
  /// Nothing stands at the path that was asked for.
  public static let noSuchEntry = Self("no-such-entry")
}

extension Checkpoint {
  /// The names under which training scripts keep a model's state dict, the most usual first.
  public static let usualEntries = [
    "state_dict", "model_state_dict", "model_state", "model", "net", "network", "module",
    "weights", "params",
  ]

  /// Finds the state dict: at `entry`, or else under one of the usual names, at the root, or where
  /// the only mapping of names to tensors is.
  ///
  /// - Throws: `noSuchEntry`, `noStateDict` with the places that could be meant.
  public func findStateDict(
    at entry: EntryPath? = nil
  ) throws(CheckpointError) -> (entry: EntryPath, stateDict: StateDict) {
    if let entry {
      let place = try place(of: entry)
      return (place, try stateDict(of: place))
    }
    let filled = stateDictCandidates { !$0.tensors.isEmpty }
    // A model without tensors has a state dict too, an empty one.
    let candidates = filled.isEmpty ? stateDictCandidates { $0.dictionary.entries.isEmpty } : filled
    guard let best = candidates.min(by: { $0.rank < $1.rank }) else {
      throw CheckpointError(
        .noStateDict, "there is no state dict in it: no mapping of names to tensors",
        advice: "save one with torch.save(model.state_dict(), path)")
    }
    let rivals = candidates.filter { $0.rank == best.rank }
    guard rivals.count == 1 else {
      throw CheckpointError(
        .noStateDict,
        "\(rivals.count) places could be the state dict: "
          + rivals.prefix(5).map { "\($0.path)" }.joined(separator: ", "),
        advice: "say which with --entry")
    }
    return (best.path, try stateDict(of: best.path))
  }

  /// The state dict, found as `findStateDict` does.
  ///
  /// - Throws: `noSuchEntry`, `noStateDict` with the places that could be meant.
  public func stateDict(at entry: EntryPath? = nil) throws(CheckpointError) -> StateDict {
    try findStateDict(at: entry).stateDict
  }

  /// The places of all mappings that hold tensors under names, three levels deep at most.
  public var stateDictEntries: [EntryPath] {
    stateDictCandidates { !$0.tensors.isEmpty }.map(\.path)
  }

  /// The same checkpoint with another state dict at a place that has one.
  public func replacingStateDict(at entry: EntryPath, with stateDict: StateDict) -> Checkpoint {
    var result = self
    result.root = root.replacing(entry.keys[...], with: .dictionary(stateDict.dictionary))
    return result
  }

  /// The path with the keys that are there: a path in words can't tell the number 0 from the text.
  private func place(of entry: EntryPath) throws(CheckpointError) -> EntryPath {
    var (value, place) = (root, EntryPath())
    for key in entry.keys {
      let number = key.string.flatMap { Int($0) }.map { CheckpointDictionary.Key.int($0) }
      let candidates = [key] + (number.map { [$0] } ?? [])
      guard let found = candidates.first(where: { value.child($0) != nil }),
        let next = value.child(found)
      else {
        throw CheckpointError(
          .noSuchEntry, name: "\(entry)", "there is no such entry: '\(key)' is missing",
          advice: "see what is there with 'dbn-convert info'")
      }
      (value, place) = (next, place.appending(found))
    }
    return place
  }

  private func stateDict(of place: EntryPath) throws(CheckpointError) -> StateDict {
    let value = place.keys.reduce(root) { value, key in value.child(key) ?? .none }
    guard let dictionary = value.dictionary, let stateDict = StateDict(dictionary) else {
      throw CheckpointError(
        .noStateDict, name: "\(place)", "is a \(value.typeName), not a mapping of names to tensors")
    }
    return stateDict
  }

  private typealias Candidate = (path: EntryPath, rank: Int)

  /// The mappings with names for keys that qualify, with how likely each is meant: a usual name,
  /// the shallower the better, before the root, before any other place.
  private func stateDictCandidates(_ qualifies: (StateDict) -> Bool) -> [Candidate] {
    var candidates: [Candidate] = []
    func visit(_ value: CheckpointValue, _ path: EntryPath) {
      if let stateDict = value.dictionary.flatMap({ StateDict($0) }), qualifies(stateDict) {
        candidates.append((path, Self.rank(path)))
      }
      guard path.keys.count < Self.searchDepth else { return }
      for (key, child) in value.children { visit(child, path.appending(key)) }
    }
    visit(root, EntryPath())
    return candidates
  }

  /// How deep a state dict is looked for; deeper ones can be named.
  private static let searchDepth = 3

  private static func rank(_ path: EntryPath) -> Int {
    guard let last = path.keys.last else { return searchDepth * usualEntries.count }
    if let usual = usualEntries.firstIndex(where: { .string($0) == last }) {
      return (path.keys.count - 1) * usualEntries.count + usual
    }
    return searchDepth * usualEntries.count + path.keys.count
  }
}

extension CheckpointValue {
  /// The tree with the value at the path replaced; a path that leads nowhere changes nothing.
  fileprivate func replacing(
    _ keys: ArraySlice<CheckpointDictionary.Key>, with value: CheckpointValue
  ) -> CheckpointValue {
    guard let key = keys.first else { return value }
    guard let inner = child(key) else { return self }
    return replacingChild(key, with: inner.replacing(keys.dropFirst(), with: value))
  }
}
