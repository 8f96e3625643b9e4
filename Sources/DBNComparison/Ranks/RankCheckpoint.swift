public import DBNTensors

/// What one rank of a data-parallel job saved.
public struct RankCheckpoint: Sendable {
  /// The file, or what else to call it.
  public let path: String
  /// The name of its format: files of one format can be compared more strictly.
  public let format: String
  /// All that the file holds.
  public let checkpoint: Checkpoint
  /// Where the state dict is.
  public let entry: EntryPath
  /// The rank's state dict.
  public let stateDict: StateDict

  /// - Parameter entry: where the state dict is; nil: where it is found.
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
  /// Files of ranks differ in more than the BatchNorms' buffers.
  public static let ranksDiffer = Self("ranks-differ")
  /// A rank is missing, or there twice.
  public static let invalidRanks = Self("invalid-ranks")
}
