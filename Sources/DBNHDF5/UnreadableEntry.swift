internal import DBNTensors

extension CheckpointError {
  /// Whether it is a reason why one entry of a file can't be read, which the others do not share.
  var concernsOneEntry: Bool { unreadableKind != nil }

  /// What kind of thing an entry is that can't be read for this reason; nil if the file is refused.
  fileprivate var unreadableKind: String? {
    switch code {
    case .unsupportedElementType, .unsupportedLayout, .unsupportedFilter, .unknownHDF5Version,
      .unwritten, .invalidText:
      "dataset"
    case .externalStorage: "dataset stored in another file"
    case .virtualDataset: "virtual dataset"
    case .namedType: "named datatype"
    case .externalLink: "external link"
    case .userDefinedLink: "user-defined link"
    case .danglingLink: "soft link"
    case .groupCycle: "link to a group around it"
    default: nil
    }
  }
}

extension OpaqueValue {
  /// The entry in place of a thing that can't be read.
  ///
  /// - Returns: nil for an error for which the file is refused.
  ///
  /// - Parameter isSalvaged: whether the file is read as far as it goes, so that anything can be
  ///   missing.
  init?(unreadable error: CheckpointError, isSalvaged: Bool = false) {
    let lost = isSalvaged && error.code != .limitExceeded ? "entry" : nil
    guard let kind = error.unreadableKind ?? lost else { return nil }
    let advice = error.advice.map { "; \($0)" } ?? ""
    self = .unreadable(kind, error.reason + advice)
  }
}

extension Catalog {
  /// Whether an error makes one entry unreadable, and not the file: in a file that is salvaged every
  /// error does, except those about what reading it would cost.
  func sets(aside error: CheckpointError) -> Bool {
    error.concernsOneEntry || isSalvaged && error.code != .limitExceeded
  }
}
