import DBNTensors

/// Which classes and functions outside the table of globals a pickle may name: their objects are
/// not made, but kept as a name and arguments.
enum OpaqueNames {
  /// Only classes that PyTorch's `weights_only` loading accepts, and functions that rebuild tensors of
  /// other kinds, which are known and can't be read.
  case known
  /// All names except dangerous ones.
  case harmless
  /// Names in these modules, for a file that only describes other files.
  case modules([String])

  init(_ options: ReadingOptions) {
    self = options.refusesUnknownClasses ? .known : .harmless
  }

  /// - Throws: `pickleGlobal` or `torchModule` for a name that is not in the table and not kept.
  func check(_ path: String, by operation: PickleOperation) throws(CheckpointError) {
    if DangerousNames.contains(path) { throw DangerousNames.refusal(of: path, by: operation) }
    let isKept =
      switch self {
      case .known:
        TorchConstants.classes.contains(path) || UnreadableTensor(rebuiltBy: path) != nil
      case .harmless: true
      case .modules(let modules): modules.contains { path.hasPrefix("\($0).") }
      }
    if !isKept { throw PickleGlobal.refusal(of: path, by: operation) }
  }
}
