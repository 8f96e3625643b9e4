/// What a node does: an ATen operation with its attributes, by ATen's names and defaults.
///
/// Tensors are operands of the node, not of the operation. Sizes along the spatial dimensions have
/// one number for each of them.
///
/// Source: `aten/src/ATen/native/native_functions.yaml`.
public enum Operation: Sendable, Hashable, Codable {
  /// Operands: input [N, C, ...], weight [K, C / groups, ...], bias [K] or none.
  case convolution(Convolution)
  /// Operand: input [N, C, ...]. The module's tensors are found by its name.
  case batchNorm(BatchNormAttributes)
  /// Operands: input [..., I], weight [O, I], bias [O] or none.
  case linear
  /// Operand: any tensor, element by element.
  case activation(Activation)
  /// Operands: two tensors that broadcast; the second is multiplied by `scale` first.
  case add(scale: Double)
  case multiply
  case divide
  /// Operand: a tensor; every element with the number.
  case addScalar(Double)
  case multiplyScalar(Double)
  /// Operand: input [N, C, ...].
  case maxPool(Pooling)
  case averagePool(Pooling)
  /// Operand: input [N, C, ...]; the output's spatial sizes.
  case adaptiveAveragePool([Int])
  case mean(dimensions: [Int], keepsDimensions: Bool)
  /// Operands: tensors that agree in all other dimensions.
  case concatenate(dimension: Int)
  /// One output for each of the nearly equal parts.
  case chunk(count: Int, dimension: Int)
  case flatten(start: Int, end: Int)
  /// -1 is inferred; a size of the operand is kept as `.input`.
  case reshape([ReshapeSize])
  case permute([Int])
  case slice(dimension: Int, start: Int, end: Int, step: Int)
  case select(dimension: Int, index: Int)
  /// Operands: input, weight, bias; over the last dimensions.
  case layerNorm(shape: [Int], eps: Double)
  case softmax(dimension: Int)
  /// Dropout in evaluation, `contiguous`, `detach` and the like.
  case identity

  public struct Convolution: Sendable, Hashable, Codable {
    public var stride: [Int]
    public var padding: [Int]
    public var dilation: [Int]
    public var groups: Int

    public init(stride: [Int], padding: [Int], dilation: [Int], groups: Int = 1) {
      self.stride = stride
      self.padding = padding
      self.dilation = dilation
      self.groups = groups
    }
  }

  public struct BatchNormAttributes: Sendable, Hashable, Codable {
    /// The module's name in the state dict: `layer1.0.bn1`.
    public var module: String
    /// What its tensors can't tell.
    public var norm: NormModule

    public init(module: String, _ norm: NormModule) {
      self.module = module
      self.norm = norm
    }
  }

  public struct Pooling: Sendable, Hashable, Codable {
    public var kernel: [Int]
    public var stride: [Int]
    public var padding: [Int]
    public var dilation: [Int]
    /// Whether a window may begin inside and end outside.
    public var usesCeiling: Bool
    /// Whether averages count the padding.
    public var countsPadding: Bool

    public init(
      kernel: [Int], stride: [Int], padding: [Int], dilation: [Int]? = nil,
      usesCeiling: Bool = false, countsPadding: Bool = true
    ) {
      self.kernel = kernel
      self.stride = stride
      self.padding = padding
      self.dilation = dilation ?? kernel.map { _ in 1 }
      self.usesCeiling = usesCeiling
      self.countsPadding = countsPadding
    }
  }

  public enum ReshapeSize: Sendable, Hashable, Codable {
    case fixed(Int)
    /// The size of the operand's dimension: how a graph keeps the batch size open.
    case input(dimension: Int)
    case inferred
  }
}

/// A function of one number.
public enum Activation: Sendable, Hashable, Codable {
  case relu
  case hardTanh(minimum: Double, maximum: Double)
  case hardSwish
  case hardSigmoid
  case silu
  case sigmoid
  /// The exact one, by the error function, or its approximation by tanh.
  case gelu(usesTanh: Bool)
  case tanh
}
