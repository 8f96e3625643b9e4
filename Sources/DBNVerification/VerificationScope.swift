public import DBNTensors

/// Which state dicts of two checkpoints a verdict is about, and what of the files it is not.
public struct VerificationScope: Sendable {
  /// Two state dicts that are compared with each other.
  public struct Pair: Sendable, Hashable {
    /// Where it is in the first file.
    public let a: EntryPath
    /// Where it is in the second file.
    public let b: EntryPath
  }

  /// At least one, the one with most BatchNorms first.
  public internal(set) var pairs: [Pair]
  /// Models that only the first file holds: where, and how large.
  public internal(set) var onlyInFirst: [ConversionReport.Item] = []
  /// Models that only the second file holds: where, and how large.
  public internal(set) var onlyInSecond: [ConversionReport.Item] = []
  /// What else is in the first file, such as an optimizer's state: where, and how much.
  public internal(set) var restOfFirst: [ConversionReport.Item] = []
  /// What else is in the second file: where, and how much.
  public internal(set) var restOfSecond: [ConversionReport.Item] = []

  /// Two state dicts, without the files that they are from.
  init() {
    pairs = []
  }
}
