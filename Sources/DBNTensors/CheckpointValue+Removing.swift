extension CheckpointValue {
  /// The tree without some of its leaves, those in attributes included: entries of mappings are
  /// removed; in lists, tuples and sets None replaces the value. nil if the value itself is removed.
  ///
  /// Recurses at most `CheckpointLimits.depth` levels, which every reader enforces.
  ///
  /// - Parameter isRemoved: called once with each value that is no mapping, list, tuple or set, in
  ///   order.
  package func removingLeaves(
    where isRemoved: (EntryPath, CheckpointValue) -> Bool
  ) -> CheckpointValue? {
    var path = EntryPath()
    return removingLeaves(at: &path, isRemoved)
  }

  private typealias Condition = (EntryPath, CheckpointValue) -> Bool

  private func removingLeaves(
    at path: inout EntryPath, _ isRemoved: Condition
  ) -> CheckpointValue? {
    switch self {
    case .list(let elements): return .list(Self.kept(elements, at: &path, isRemoved))
    case .tuple(let elements): return .tuple(Self.kept(elements, at: &path, isRemoved))
    case .set(let elements): return .set(Self.kept(elements, at: &path, isRemoved))
    case .dictionary(let dictionary):
      var kept = CheckpointDictionary(dictionary.kind)
      kept.reserveCapacity(dictionary.entries.count)
      for entry in dictionary.entries {
        let value = entry.value.removingLeaves(below: entry.key, &path, isRemoved)
        if let value { kept.set(entry.key, to: value) }
      }
      for (name, value) in dictionary.attributes {
        let value = value.removingLeaves(below: .string(name), &path, isRemoved)
        if let value { kept.attributes.append((name, value)) }
      }
      return .dictionary(kept)
    default: return isRemoved(path, self) ? nil : self
    }
  }

  private static func kept(
    _ elements: [CheckpointValue], at path: inout EntryPath, _ isRemoved: Condition
  ) -> [CheckpointValue] {
    var kept: [CheckpointValue] = []
    kept.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      kept.append(element.removingLeaves(below: .int(index), &path, isRemoved) ?? .none)
    }
    return kept
  }

  private func removingLeaves(
    below key: CheckpointDictionary.Key, _ path: inout EntryPath, _ isRemoved: Condition
  ) -> CheckpointValue? {
    path.keys.append(key)
    defer { path.keys.removeLast() }
    return removingLeaves(at: &path, isRemoved)
  }
}
