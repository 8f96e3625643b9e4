extension CheckpointValue {
  /// The values of a tree that are not containers, and the empty containers, each with its path,
  /// in order. Attributes are not among them.
  ///
  /// Recurses at most `CheckpointLimits.depth` levels, which every reader enforces.
  public var leaves: [(path: EntryPath, value: CheckpointValue)] {
    var leaves: [(path: EntryPath, value: CheckpointValue)] = []
    func visit(_ value: CheckpointValue, _ path: EntryPath) {
      let children = value.children
      if children.isEmpty { leaves.append((path, value)) }
      for (key, child) in children { visit(child, path.appending(key)) }
    }
    visit(self, EntryPath())
    return leaves
  }
}
