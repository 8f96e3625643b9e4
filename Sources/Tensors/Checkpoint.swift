/// The content of a checkpoint file: a tree of values, and how it came to be.
public struct Checkpoint: Sendable {
  /// What the file holds; most often a dictionary.
  public var root: CheckpointValue
  /// The conversions that led here, oldest first, as the file records them.
  public var history: [JSON]

  public init(root: CheckpointValue, history: [JSON] = []) {
    self.root = root
    self.history = history
  }
}
