import DBNTensors

/// Which classes and functions, of those that are not in the table of globals, a pickle may name:
/// their objects are not made, but kept as a name and arguments.
enum OpaqueNames {
  case none
  /// All names but those of tensors and modules, whose refusal says more.
  case unknown
  /// The names of some modules, for a file that only describes other files.
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
