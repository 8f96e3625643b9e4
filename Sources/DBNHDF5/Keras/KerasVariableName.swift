/// Keras' names for the variables of its layers.
enum KerasVariableName {
  static let gamma = "gamma"
  static let beta = "beta"
  static let movingMean = "moving_mean"
  static let movingVariance = "moving_variance"
  static let scale = "scale"
  static let embeddings = "embeddings"
  static let kernel = "kernel"
  static let recurrentKernel = "recurrent_kernel"
  static let bias = "bias"
  static let depthwiseKernel = "depthwise_kernel"
  static let pointwiseKernel = "pointwise_kernel"

  /// The name of a variable in Keras 1, after its layer's name: `block1_conv1_W`. The variance was
  /// called a standard deviation.
  ///
  /// - Returns: nil for a name that Keras 1 did not give.
  static func keras1(_ name: Substring) -> String? {
    switch name {
    case "W": kernel
    case "b": bias
    case "gamma": gamma
    case "beta": beta
    case "running_mean": movingMean
    case "running_std": movingVariance
    default: nil
    }
  }
}
