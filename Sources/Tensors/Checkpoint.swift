/// The content of a checkpoint file: a tree of values, and how it came to be.
public struct Checkpoint: Sendable {
  /// What the file holds; most often a dictionary.
  public var root: CheckpointValue
  /// The conversions that led here, oldest first, as the file records them.
  public var history: [JSON]
  /// What the reader could not carry over and a person should know, a sentence each.
  public var notes: [String]

  public init(root: CheckpointValue, history: [JSON] = [], notes: [String] = []) {
    self.root = root
    self.history = history
    self.notes = notes
  }
}
