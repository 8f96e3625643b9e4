extension Checkpoint {
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
    return (result, losses)
  }
}
