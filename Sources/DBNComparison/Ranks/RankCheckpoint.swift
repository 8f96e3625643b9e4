public import DBNTensors

/// The checkpoint that one rank of a data-parallel job saved.
public struct RankCheckpoint: Sendable {
  /// The file's path, or another name for messages.
  public let path: String
  /// The name of its format: files of the same format can be compared more strictly.
  public let format: String
  /// The contents of the file.
  public let checkpoint: Checkpoint
  /// Where the state dict is.
  public let entry: EntryPath
  /// The rank's state dict.
  public let stateDict: StateDict

  /// - Parameter entry: where the state dict is; nil to search for it.
  /// - Throws: `noStateDict`, `noSuchEntry`.
  public init(
    path: String, format: String, _ checkpoint: Checkpoint, entry: EntryPath? = nil
  ) throws(CheckpointError) {
    self.path = path
    self.format = format
    self.checkpoint = checkpoint
    do throws(CheckpointError) {
      (self.entry, stateDict) = try checkpoint.findStateDict(at: entry)
    } catch {
      throw error.with(path: path)
    }
  }
}

extension CheckpointError.Code {
  /// The ranks' files differ in more than the BatchNorms' buffers.
  public static let ranksDiffer = Self("ranks-differ")
  /// A rank is missing or occurs twice.
  public static let invalidRanks = Self("invalid-ranks")
}
