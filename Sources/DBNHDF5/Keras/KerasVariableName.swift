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
}
