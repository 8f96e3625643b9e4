public import DBNCheckpointFormats
public import DBNTensors

/// What every format of checkpoints promises: what is written comes back the same, or is refused by
/// name; files appear whole or not at all.
///
/// A test of a format makes one, and runs every rule:
///
///     @Test(arguments: FormatContract.rules)
///     func theContractHolds(rule: FormatContract.Rule) throws {
///       try rule.check(FormatContract(of: MyFormat()))
///     }
public struct FormatContract: Sendable {
  /// What files of the format are called, with its extension.
  public let fileName: String
  /// Reads what was written to a path.
  public let read: @Sendable (_ path: String) throws -> Checkpoint
  private let writeFile: @Sendable (Checkpoint, _ path: String, WritingOptions) throws -> Void
  /// What files are written with, but for what a rule is about.
  public let options: WritingOptions
  /// Whether the format has a place for a value of a sample; the values inside are asked about too.
  /// What it has none for must be refused with `cannotBeWritten`.
  public let holds: @Sendable (CheckpointValue) -> Bool
  /// Whether the format has a place for a value as all that a checkpoint is.
  public let holdsAsRoot: @Sendable (CheckpointValue) -> Bool
  /// Whether the history of a checkpoint, and the settings of its BatchNorms, are kept.
  public let keepsHistory: Bool
  /// Whether two names of one tensor are still one after reading.
  public let keepsTies: Bool

  /// - Parameters:
  ///   - format: one that can be written.
  ///   - options: what files are written with: `compression`, `shardByteCount`.
  ///   - holds: whether the format has a place for a value, without those inside.
  ///   - holdsAsRoot: whether it has one for a value that is the whole checkpoint.
  ///   - keepsHistory: whether it keeps the history of conversions.
  ///   - keepsTies: whether it keeps that tensors are one.
  ///   - read: how what was written to a path is read, where that is not the path itself.
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

  /// One claim of the contract.
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
  /// Writes a file; most rules write one over the other.
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

  /// Whether the format holds the value and all that is in it.
  func holdsAll(_ value: CheckpointValue) -> Bool {
    guard holds(value) else { return false }
    let entries = value.dictionary?.entries.map(\.value) ?? []
    let attributes = value.dictionary?.attributes.map(\.value) ?? []
    return ((value.elements ?? []) + entries + attributes).allSatisfy(holdsAll)
  }
}
