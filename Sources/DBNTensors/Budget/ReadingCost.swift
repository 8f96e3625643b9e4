/// What reading a file costs, by kind. A file may cost so much for each of its bytes; what a small
/// file may cost in any case is in docs/limits.md, with the reasons.
public enum ReadingCost: Int, Sendable, CaseIterable {
  /// Values in the tree. A value that is used in several places counts in each.
  case values
  /// Bytes of the values' full names and of texts, counted as often as the values.
  case text
  /// Bytes that were compressed and have to be in memory: everything but tensors.
  case decompressed
  /// Operations of pickles.
  case operations

  /// What each byte of the file allows.
  var perByte: Int {
    switch self {
    // A value takes at least one byte in every format.
    case .values: 1
    case .text, .decompressed: 16
    // An operation takes a byte; some pickles are run twice, and those inside them again.
    case .operations: 4
    }
  }

  /// What any file may cost, however small it is.
  var least: Int {
    switch self {
    case .values: 100_000
    case .text, .decompressed: 16 << 20
    case .operations: 1_000_000
    }
  }

  /// What no file may cost, however large it is.
  var most: Int { self == .values ? CheckpointLimits.values : .max }

  /// What a file that exceeds it does, as an error begins.
  func excess(over limit: Int) -> String {
    switch self {
    case .values: "holds more than \(limit) values, each counted wherever it is used"
    case .text:
      "has names and texts of more than \(limit) bytes, each counted wherever it is used"
    case .decompressed: "decompresses to more than \(limit) bytes besides its tensors"
    case .operations: "has more than \(limit) operations in its pickles"
    }
  }
}
