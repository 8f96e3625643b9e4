import DBNTensors

/// Which classes and functions, of those that are not in the table of globals, a pickle may name:
/// their objects are kept as what they are made from, and never made.
enum OpaqueNames {
  case none
  /// All that no refusal has words for.
  case unknown
  /// Those of some modules, of a file that only describes others.
  case modules([String])

  init(_ options: ReadingOptions) {
    self = options.keepsOpaqueValues ? .unknown : .none
  }

  var isEmpty: Bool {
    if case .none = self { true } else { false }
  }

  /// Whether the name is kept, where the table would have it refused.
  func contains(_ path: String, refused refusal: CheckpointError) -> Bool {
    switch self {
    case .none: false
    case .unknown: refusal.code == .pickleGlobal
    case .modules(let modules): modules.contains { path.hasPrefix("\($0).") }
    }
  }
}
