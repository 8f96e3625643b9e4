/// How a checkpoint is to be read, where there is a choice.
public struct ReadingOptions: Sendable {
  /// Whether objects of unknown classes are kept as opaque values, named and never executed. If
  /// not, a checkpoint that has one is refused.
  public var keepsOpaqueValues: Bool

  /// Whether a file that is one part of a model, a shard or what one rank saved, is read by itself.
  /// If not, it is refused: what is true of it need not be true of the model.
  public var acceptsParts: Bool

  /// Options; by default, everything that is in doubt is refused.
  public init(keepsOpaqueValues: Bool = false, acceptsParts: Bool = false) {
    self.keepsOpaqueValues = keepsOpaqueValues
    self.acceptsParts = acceptsParts
  }

  /// The same for those who read a file without taking it for a model.
  public var acceptingParts: ReadingOptions {
    ReadingOptions(keepsOpaqueValues: keepsOpaqueValues, acceptsParts: true)
  }
}
