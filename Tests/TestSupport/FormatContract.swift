public import Tensors

/// A format that reads and writes checkpoints, as the contract of all formats sees it: what is
/// written comes back the same, or is refused by name; files appear whole or not at all.
///
/// A test of a format makes one, and runs every rule:
///
///     @Test(arguments: FormatContract.rules)
///     func theContractHolds(rule: FormatContract.Rule) throws { try rule.check(contract) }
public struct FormatContract: Sendable {
  /// What files of the format are called, with its extension.
  public let fileName: String
  public let read: @Sendable (_ path: String) throws -> Checkpoint
  private let writeFile: @Sendable (Checkpoint, _ path: String, ExistingFiles) throws -> Void
  /// Whether the format has a place for a value of a sample; the values inside are asked about too.
  /// What it has none for must be refused with `cannotBeWritten`.
  public let holds: @Sendable (CheckpointValue) -> Bool
  /// Whether the history of a checkpoint is kept.
  public let keepsHistory: Bool

  public init(
    fileName: String, read: @escaping @Sendable (_ path: String) throws -> Checkpoint,
    write: @escaping @Sendable (Checkpoint, _ path: String, ExistingFiles) throws -> Void,
    holds: @escaping @Sendable (CheckpointValue) -> Bool = { _ in true },
    keepsHistory: Bool = true
  ) {
    self.fileName = fileName
    self.read = read
    writeFile = write
    self.holds = holds
    self.keepsHistory = keepsHistory
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

  public static let rules: [Rule] = tensorRules + valueRules + fileRules
}

extension FormatContract {
  /// Writes a file; most rules write one over the other.
  func write(
    _ checkpoint: Checkpoint, _ path: String, existing: ExistingFiles = .replace
  ) throws {
    try writeFile(checkpoint, path, existing)
  }

  /// Whether the format holds the value and all that is in it.
  func holdsAll(_ value: CheckpointValue) -> Bool {
    guard holds(value) else { return false }
    let entries = value.dictionary?.entries.map(\.value) ?? []
    let attributes = value.dictionary?.attributes.map(\.value) ?? []
    return ((value.elements ?? []) + entries + attributes).allSatisfy(holdsAll)
  }
}
