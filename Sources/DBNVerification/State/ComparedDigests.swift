public import DBNTensors

/// The checksums of two state dicts that were compared, under the names that they were compared by.
public struct ComparedDigests: Sendable, Equatable {
  /// The entry of the first in its file.
  public let entryOfFirst: EntryPath
  /// The entry of the second in its file.
  public let entryOfSecond: EntryPath
  /// The SHA-256 of the first's tensors, with names, types and shapes.
  public let first: String
  /// The SHA-256 of the second's tensors, likewise.
  public let second: String

  /// Reads all tensors of both.
  package init(
    _ a: StateDict, at entryA: EntryPath, _ b: StateDict, at entryB: EntryPath
  ) throws(CheckpointError) {
    (entryOfFirst, entryOfSecond) = (entryA, entryB)
    (first, second) = (try a.digest(), try b.digest())
  }
}
