/// What makes the BatchNorms of an architecture: a value that is called with the number of features,
/// as a `norm_layer` in torchvision.
public protocol NormLayer: Sendable {
  /// - Parameter numFeatures: C.
  func callAsFunction(numFeatures: Int) -> NormModule
}

extension NormLayer {
  /// PyTorch lets the argument go unnamed.
  public func callAsFunction(_ numFeatures: Int) -> NormModule { self(numFeatures: numFeatures) }
}
