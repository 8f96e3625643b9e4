extension Checkpoint {
  /// The checkpoint without its opaque values, and a loss for each: entries of mappings are
  /// removed; in lists, tuples and sets None replaces the value.
  package func droppingOpaqueValues() -> (Checkpoint, [ConversionReport.Item]) {
    var losses: [ConversionReport.Item] = []
    var result = self
    result.root = root.droppingOpaqueValues(at: EntryPath(), &losses) ?? .none
    return (result, losses)
  }
}

extension CheckpointValue {
  /// Recurses at most `CheckpointLimits.depth` levels; nil for an opaque value.
  fileprivate func droppingOpaqueValues(
    at path: EntryPath, _ losses: inout [ConversionReport.Item]
  ) -> CheckpointValue? {
    if case .opaque(let value) = self {
      let what = value.unreadableReason == nil ? "an object of the unknown class" : "an unreadable"
      losses.append(.init("\(path)", "\(what) \(value.name)"))
      return nil
    }
    if let dictionary {
      var kept = CheckpointDictionary(dictionary.kind)
      kept.attributes = dictionary.attributes
      for entry in dictionary.entries {
        let value = entry.value.droppingOpaqueValues(at: path.appending(entry.key), &losses)
        if let value { kept.set(entry.key, to: value) }
      }
      return .dictionary(kept)
    }
    var result = self
    for (key, child) in children {
      let value = child.droppingOpaqueValues(at: path.appending(key), &losses)
      result = result.replacingChild(key, with: value ?? .none)
    }
    return result
  }
}
