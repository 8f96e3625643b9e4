extension CheckpointValue {
  /// The values of a tree that are not containers, and the empty containers, each with its path,
  /// in order. Attributes are not among them.
  ///
  /// Recurses at most `CheckpointLimits.depth` levels, which every reader enforces.
  public var leaves: [(path: EntryPath, value: CheckpointValue)] {
    var leaves: [(path: EntryPath, value: CheckpointValue)] = []
    func visit(_ value: CheckpointValue, _ path: EntryPath) {
      if let dictionary = value.dictionary, !dictionary.entries.isEmpty {
        for entry in dictionary.entries { visit(entry.value, path.appending(entry.key)) }
      } else if let elements = value.elements, !elements.isEmpty {
        for (index, element) in elements.enumerated() {
          visit(element, path.appending(.int(index)))
        }
      } else {
        leaves.append((path, value))
      }
    }
    visit(self, EntryPath())
    return leaves
  }
}
