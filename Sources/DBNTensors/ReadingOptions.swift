/// Options for reading a checkpoint.
public struct ReadingOptions: Sendable {
  /// Whether objects of unknown classes are kept as opaque values, named and never executed. If
  /// not, a checkpoint with such an object is refused.
  public var keepsOpaqueValues: Bool

  /// Whether a file that is one part of a model, a shard or one rank's file, is read by itself. If
  /// not, it is refused: what is true of the part need not be true of the model.
  public var acceptsParts: Bool

  /// Options; by default, everything doubtful is refused.
  public init(keepsOpaqueValues: Bool = false, acceptsParts: Bool = false) {
    self.keepsOpaqueValues = keepsOpaqueValues
    self.acceptsParts = acceptsParts
  }

  /// The same options for callers that do not treat the file as a whole model.
  public var acceptingParts: ReadingOptions {
    ReadingOptions(keepsOpaqueValues: keepsOpaqueValues, acceptsParts: true)
  }
}
