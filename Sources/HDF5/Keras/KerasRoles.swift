internal import Tensors

/// What each variable of a layer is in PyTorch, in their order.
enum KerasRoles {
  case known([KerasRole])
  case unknown(String)

  init(_ layer: KerasLayer) {
    let isNumbered = layer.variables.allSatisfy { $0.role.allSatisfy(\.isNumber) }
    self = isNumbered ? KerasRoles(numbered: layer) : KerasRoles(named: layer)
  }

  private init(named layer: KerasLayer) {
    let bias = layer.variables.first { $0.role == "bias" }?.tensor
    var roles: [KerasRole] = []
    for variable in layer.variables {
      let rank = variable.tensor.shape.count
      switch variable.role {
      case "gamma", "embeddings": roles.append(.weight)
      case "beta", "bias": roles.append(.bias)
      case "moving_mean": roles.append(.runningMean)
      case "moving_variance": roles.append(.runningVariance)
      case "depthwise_kernel" where rank > 2:
        let isSeparable = layer.variables.contains { $0.role == "pointwise_kernel" }
        roles.append(.depthwiseKernel(isSeparable ? "depthwise.weight" : "weight"))
      case "pointwise_kernel" where rank > 2: roles.append(.kernel("pointwise.weight"))
      case "kernel" where layer.variables.count <= 2 && 2...5 ~= rank:
        guard let role = KerasRoles.kernel(variable.tensor, bias, layer.className) else {
          self = .unknown(KerasRoles.ambiguousKernel)
          return
        }
        roles.append(role)
      default:
        self = .unknown("PyTorch has no module with a variable '\(variable.role)' of this shape")
        return
      }
    }
    // A separable convolution is two modules, of which the second has the bias.
    if roles.contains(.kernel("pointwise.weight")) {
      roles = roles.map { $0 == .bias ? .pointwiseBias : $0 }
    }
    self = .known(roles)
  }

  /// The order is that in which each class of layers makes its variables.
  private init(numbered layer: KerasLayer) {
    let tensors = layer.variables.map(\.tensor)
    let areVectors = tensors.allSatisfy { $0.shape.count == 1 && $0.shape == tensors.first?.shape }
    switch layer.className {
    case "batch_normalization" where areVectors && tensors.count == 2:
      self = .known([.runningMean, .runningVariance])
    case _ where areVectors && tensors.count == 4:
      self = .known([.weight, .bias, .runningMean, .runningVariance])
    case "layer_normalization", "group_normalization":
      self = tensors.count == 2 ? .known([.weight, .bias]) : .unknown(KerasRoles.oneOfTwo)
    case _ where areVectors && tensors.count == 3: self = .unknown(KerasRoles.oneOfTwo)
    case "embedding" where tensors.count == 1: self = .known([.weight])
    case let name where name.hasPrefix("separable_conv") && 2...3 ~= tensors.count:
      let roles: [KerasRole] = [
        .depthwiseKernel("depthwise.weight"), .kernel("pointwise.weight"), .pointwiseBias,
      ]
      self = .known(Array(roles.prefix(tensors.count)))
    default: self = KerasRoles(kernelOf: layer)
    }
  }

  /// A kernel, and perhaps a bias.
  private init(kernelOf layer: KerasLayer) {
    let tensors = layer.variables.map(\.tensor)
    let bias = tensors.count == 2 ? tensors[1] : nil
    guard 1...2 ~= tensors.count, 2...5 ~= tensors[0].shape.count, bias?.shape.count ?? 1 == 1
    else {
      self = .unknown("the shapes do not tell which layer this is")
      return
    }
    let isNamed = layer.className == "dense"
    if tensors[0].shape.count == 2, bias == nil, !isNamed {
      self = .unknown("could be a dense layer without a bias, or an embedding")
    } else if let role = KerasRoles.kernel(tensors[0], bias, layer.className) {
      self = .known([role] + (bias == nil ? [] : [.bias]))
    } else {
      self = .unknown(KerasRoles.ambiguousKernel)
    }
  }

  private static let oneOfTwo =
    "either scale or offset is missing, and the file does not tell which"
  private static let ambiguousKernel =
    "the shapes do not tell whether this is a depthwise convolution"

  private static let convolutions: Set<String> = [
    "conv1d", "conv2d", "conv3d", "conv1d_transpose", "conv2d_transpose", "conv3d_transpose",
  ]

  /// Whether a kernel has one filter for each channel, by the name of the class or by the bias, of
  /// which there is an element for each output; nil when neither tells.
  private static func kernel(_ kernel: Tensor, _ bias: Tensor?, _ className: String) -> KerasRole? {
    let shape = kernel.shape
    if className.hasPrefix("depthwise_conv") { return .depthwiseKernel("weight") }
    if shape.count == 2 || convolutions.contains(className) { return .kernel("weight") }
    let (inputs, outputs) = (shape[shape.count - 2], shape[shape.count - 1])
    guard let bias = bias?.shape.first else {
      return outputs == 1 && inputs > 1 ? nil : .kernel("weight")
    }
    let isPlain = bias == outputs || bias == inputs
    let isDepthwise = bias == inputs * outputs
    if isPlain, isDepthwise, inputs > 1 { return nil }
    return isPlain ? .kernel("weight") : isDepthwise ? .depthwiseKernel("weight") : nil
  }
}
