/// A factory for the BatchNorms of an architecture: a value that is called with the number of
/// features, like `norm_layer` in torchvision.
public protocol NormLayer: Sendable {
  /// - Parameter numFeatures: C.
  func callAsFunction(numFeatures: Int) -> NormModule
}

extension NormLayer {
  /// As in PyTorch, the argument may be unlabelled.
  public func callAsFunction(_ numFeatures: Int) -> NormModule { self(numFeatures: numFeatures) }
}
