import DBNTensors

/// Which classes and functions outside the table of globals a pickle may name: their objects are
/// not made, but kept as a name and arguments.
enum OpaqueNames {
  case none
  /// All names except those of tensors and modules, for which an error is more helpful.
  case unknown
  /// Names in these modules, for a file that only describes other files.
  case modules([String])

  init(_ options: ReadingOptions) {
    self = options.keepsOpaqueValues ? .unknown : .none
  }

  var isEmpty: Bool {
    if case .none = self { true } else { false }
  }

  /// Whether a name that is not in the table is kept.
  func contains(_ path: String, refused refusal: CheckpointError) -> Bool {
    switch self {
    case .none: false
    case .unknown: refusal.code == .pickleGlobal
    case .modules(let modules): modules.contains { path.hasPrefix("\($0).") }
    }
  }
}
