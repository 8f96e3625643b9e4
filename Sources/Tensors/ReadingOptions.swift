/// How a checkpoint is to be read, where there is a choice.
public struct ReadingOptions: Sendable {
  /// Whether objects of unknown classes are kept as opaque values, named and never executed. If
  /// not, a checkpoint that has one is refused.
  public var keepsOpaqueValues: Bool

  public init(keepsOpaqueValues: Bool = false) {
    self.keepsOpaqueValues = keepsOpaqueValues
  }
}
