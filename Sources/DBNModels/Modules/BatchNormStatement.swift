public import DBNTensors

/// What a user states about the BatchNorms of a model, where the tensors can't show it.
public struct BatchNormStatement: Sendable, Hashable {
  /// Epsilon and momentum of all BatchNorms; they override those of the files and of the model.
  public var settings = BatchNormSettings()

  /// States nothing.
  public init() {}
}
