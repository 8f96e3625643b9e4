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
  /// A kernel of a recurrent layer, under this name in PyTorch.
  case recurrentKernel(KerasRecurrence, String)
  /// The bias of a recurrent layer, which is two in PyTorch.
  case recurrentBias(KerasRecurrence)

  /// The second bias of PyTorch's recurrent modules.
  static let hiddenBias = "bias_hh_l0"

  /// The name in PyTorch's module.
  var name: String {
    switch self {
    case .weight: "weight"
    case .bias: "bias"
    case .pointwiseBias: "pointwise.bias"
    case .runningMean: BatchNormQuantity.runningMean.rawValue
    case .runningVariance: BatchNormQuantity.runningVar.rawValue
    case .kernel(let name), .depthwiseKernel(let name), .recurrentKernel(_, let name): name
    case .recurrentBias: "bias_ih_l0"
    }
  }

  /// What the variable becomes in PyTorch's module, by name; one variable may become several
  /// tensors.
  func entries(of tensor: Tensor) throws(CheckpointError) -> [(name: String, tensor: Tensor)] {
    switch self {
    case .recurrentBias(let recurrence):
      let (input, hidden) = try recurrence.biases(tensor)
      return [(name, input), (Self.hiddenBias, hidden)]
    case .runningVariance:
      // Keras does not count batches.
      var counter = try Tensor([0], shape: [])
      counter.kind = tensor.kind
      return [(name, tensor), (BatchNormQuantity.numBatchesTracked.rawValue, counter)]
    default: return [(name, try applied(to: tensor))]
    }
  }

  private func applied(to tensor: Tensor) throws(CheckpointError) -> Tensor {
    let rank = tensor.shape.count
    let space = Array(0..<max(0, rank - 2))
    switch self {
    case .weight, .bias, .pointwiseBias, .runningMean, .runningVariance, .recurrentBias:
      return tensor
    case .recurrentKernel(let recurrence, _): return try recurrence.kernel(tensor)
    case .kernel: return try tensor.permuted([rank - 1, rank - 2] + space)
    case .depthwiseKernel:
      let (inputs, multiplier) = (tensor.shape[rank - 2], tensor.shape[rank - 1])
      return try tensor.permuted([rank - 2, rank - 1] + space)
        .reshaped([inputs * multiplier, 1] + space.map { tensor.shape[$0] })
    }
  }
}
