public import DBNTensors

/// Which state dicts of two checkpoints a verdict covers, and which parts of the files it does not.
public struct VerificationScope: Sendable {
  /// Two state dicts that are compared with each other.
  public struct Pair: Sendable, Hashable {
    /// The entry in the first file.
    public let a: EntryPath
    /// The entry in the second file.
    public let b: EntryPath
  }

  /// The pairs, at least one; the main pair, with most BatchNorms, is first.
  public internal(set) var pairs: [Pair]
  /// Models that only the first file has: where, and how large.
  public internal(set) var onlyInFirst: [ConversionReport.Item] = []
  /// Models that only the second file has: where, and how large.
  public internal(set) var onlyInSecond: [ConversionReport.Item] = []
  /// Other contents of the first file, such as an optimizer's state: where, and how much.
  public internal(set) var restOfFirst: [ConversionReport.Item] = []
  /// Other contents of the second file: where, and how much.
  public internal(set) var restOfSecond: [ConversionReport.Item] = []

  /// Makes the scope of two state dicts without files.
  init() {
    pairs = []
  }
}
