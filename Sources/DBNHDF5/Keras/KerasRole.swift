internal import DBNTensors

/// The role of a Keras layer's variable in PyTorch.
enum KerasRole: Equatable {
  case weight
  case bias
  case pointwiseBias
  case runningMean
  case runningVariance
  /// The kernel of a dense layer or a convolution, also a transposed one: all axes are reversed
  /// except the spatial axes, which keep their order.
  case kernel(String)
  /// [space..., in, multiplier], which is [in * multiplier, 1, space...] in PyTorch.
  case depthwiseKernel(String)

  /// The name in PyTorch's module.
  var name: String {
    switch self {
    case .weight: "weight"
    case .bias: "bias"
    case .pointwiseBias: "pointwise.bias"
    case .runningMean: "running_mean"
    case .runningVariance: "running_var"
    case .kernel(let name), .depthwiseKernel(let name): name
    }
  }

  func apply(to tensor: Tensor) throws(CheckpointError) -> Tensor {
    let rank = tensor.shape.count
    let space = Array(0..<max(0, rank - 2))
    switch self {
    case .weight, .bias, .pointwiseBias, .runningMean, .runningVariance: return tensor
    case .kernel: return try tensor.permuted([rank - 1, rank - 2] + space)
    case .depthwiseKernel:
      let (inputs, multiplier) = (tensor.shape[rank - 2], tensor.shape[rank - 1])
      return try tensor.permuted([rank - 2, rank - 1] + space)
        .reshaped([inputs * multiplier, 1] + space.map { tensor.shape[$0] })
    }
  }
}
