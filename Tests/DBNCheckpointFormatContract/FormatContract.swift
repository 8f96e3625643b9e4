public import DBNCheckpointFormats
public import DBNTensors

/// The contract of every checkpoint format: what is written is read back the same, or refused with
/// its name; files appear complete or not at all.
///
/// A test of a format creates a contract, and runs every rule:
///
///     @Test(arguments: FormatContract.rules)
///     func theContractHolds(rule: FormatContract.Rule) throws {
///       try rule.check(FormatContract(of: MyFormat()))
///     }
public struct FormatContract: Sendable {
  /// The name of the files that are written, with the format's extension.
  public let fileName: String
  /// Reads what was written to a path.
  public let read: @Sendable (_ path: String) throws -> Checkpoint
  private let writeFile: @Sendable (Checkpoint, _ path: String, WritingOptions) throws -> Void
  /// The options for writing files, except those that a rule sets.
  public let options: WritingOptions
  /// Whether the format can hold a sample value; called for the values inside too. Other values
  /// must be refused with `cannotBeWritten`.
  public let holds: @Sendable (CheckpointValue) -> Bool
  /// Whether the format can hold a value as a checkpoint's root.
  public let holdsAsRoot: @Sendable (CheckpointValue) -> Bool
  /// Whether the format keeps the history of a checkpoint and the settings of its BatchNorms.
  public let keepsHistory: Bool
  /// Whether tied tensors are still tied after reading.
  public let keepsTies: Bool

  /// - Parameters:
  ///   - format: a writable format.
  ///   - options: the options for writing: `compression`, `shardByteCount`.
  ///   - holds: whether the format can hold a value, apart from the values inside it.
  ///   - holdsAsRoot: whether it can hold a value as the whole checkpoint.
  ///   - keepsHistory: whether it keeps the history of conversions.
  ///   - keepsTies: whether it keeps ties between tensors.
  ///   - read: reads what was written to a path, if not by reading the path itself.
  public init(
    of format: some CheckpointFormat, options: WritingOptions = WritingOptions(),
    holds: @escaping @Sendable (CheckpointValue) -> Bool = { _ in true },
    holdsAsRoot: @escaping @Sendable (CheckpointValue) -> Bool = { _ in true },
    keepsHistory: Bool = true, keepsTies: Bool = true,
    read: (@Sendable (_ path: String) throws -> Checkpoint)? = nil
  ) {
    fileName = "model.\(format.extensions.first ?? format.name)"
    self.read = read ?? { try format.read($0) }
    writeFile = { try format.write($0, to: $1, options: $2) }
    self.options = options
    self.holds = holds
    self.holdsAsRoot = holdsAsRoot
    self.keepsHistory = keepsHistory
    self.keepsTies = keepsTies
  }

  /// A claim of the contract.
  public struct Rule: Sendable, CustomStringConvertible {
    public let description: String
    /// Records an issue wherever the claim does not hold.
    public let check: @Sendable (FormatContract) throws -> Void

    init(_ description: String, _ check: @escaping @Sendable (FormatContract) throws -> Void) {
      self.description = description
      self.check = check
    }
  }

  /// All claims.
  public static let rules: [Rule] = tensorRules + valueRules + fileRules + optionRules
}

extension FormatContract {
  /// Writes a file; replaces existing files by default.
  func write(
    _ checkpoint: Checkpoint, _ path: String, existing: ExistingFiles = .replace,
    _ change: (inout WritingOptions) -> Void = { _ in }
  ) throws {
    var options = options
    options.existing = existing
    change(&options)
    try writeFile(checkpoint, path, options)
  }

  /// Whether the format holds a checkpoint of this value.
  func holdsCheckpoint(_ root: CheckpointValue) -> Bool { holdsAsRoot(root) && holdsAll(root) }

  /// Whether the format holds the value and everything in it.
  func holdsAll(_ value: CheckpointValue) -> Bool {
    guard holds(value) else { return false }
    let entries = value.dictionary?.entries.map(\.value) ?? []
    let attributes = value.dictionary?.attributes.map(\.value) ?? []
    return ((value.elements ?? []) + entries + attributes).allSatisfy(holdsAll)
  }
}
