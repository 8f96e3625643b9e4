/// What two models were run on.
public struct VerificationInputs: Sendable {
  /// A tensor that the model takes.
  public struct Tensor: Sendable {
    /// Its name in the model.
    public let name: String
    /// Its shape.
    public let shape: [Int]
  }

  /// The model's inputs; empty if every BatchNorm was run separately.
  public internal(set) var tensors: [Tensor] = []
  /// The seed that random inputs were drawn from; nil if the inputs were given.
  public internal(set) var seed: UInt64?
}
