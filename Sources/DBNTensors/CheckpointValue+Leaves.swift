extension CheckpointValue {
  /// The values of a tree that are not containers, and the empty containers, each with its path, in
  /// order. Attributes are not included.
  ///
  /// Recurses at most `CheckpointLimits.depth` levels, which every reader enforces.
  public var leaves: [(path: EntryPath, value: CheckpointValue)] {
    var leaves: [(path: EntryPath, value: CheckpointValue)] = []
    forEachLeaf { leaves.append(($0, $1)) }
    return leaves
  }

  /// Calls `body` with each leaf, for callers that do not need all paths at once.
  package func forEachLeaf(_ body: (EntryPath, CheckpointValue) -> Void) {
    var path = EntryPath()
    visitLeaves(&path, body)
  }

  private func visitLeaves(
    _ path: inout EntryPath, _ body: (EntryPath, CheckpointValue) -> Void
  ) {
    if let entries = dictionary?.entries, !entries.isEmpty {
      for entry in entries { entry.value.visitLeaves(below: entry.key, &path, body) }
    } else if let elements, !elements.isEmpty {
      for (index, element) in elements.enumerated() {
        element.visitLeaves(below: .int(index), &path, body)
      }
    } else {
      body(path, self)
    }
  }

  private func visitLeaves(
    below key: CheckpointDictionary.Key, _ path: inout EntryPath,
    _ body: (EntryPath, CheckpointValue) -> Void
  ) {
    path.keys.append(key)
    visitLeaves(&path, body)
    path.keys.removeLast()
  }
}
