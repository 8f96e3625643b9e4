extension Checkpoint {
  /// The error for the first value that no format can hold, with the path of the file that has it;
  /// nil if there is none.
  package var errorOfOpaqueValue: CheckpointError? {
    var found: (path: EntryPath, value: OpaqueValue)?
    root.forEachLeaf { path, value in
      if found == nil, case .opaque(let value) = value { found = (path, value) }
    }
    guard let found else { return nil }
    let entry = (try? findStateDict(at: nil))?.entry
    let isOfModel = entry.map { found.path.keys.starts(with: $0.keys) } ?? false
    return .opaque(found.value, name: "\(found.path)", isOfModel: isOfModel).with(path: path)
  }

  /// The checkpoint without its opaque values, and a loss for each.
  package func droppingOpaqueValues() -> (Checkpoint, [ConversionReport.Item]) {
    var losses: [ConversionReport.Item] = []
    var result = self
    let root = root.removingLeaves { path, value in
      guard case .opaque(let value) = value else { return false }
      let what = value.unreadableReason == nil ? "an object of the unknown class" : "an unreadable"
      losses.append(.init("\(path)", "\(what) \(value.name)"))
      return true
    }
    result.root = root ?? .none
    if !losses.isEmpty { result.settledEntry = (try? findStateDict())?.entry }
    return (result, losses)
  }
}
