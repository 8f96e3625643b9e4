/// What a node does: an ATen operation with its attributes, by ATen's names and defaults.
///
/// Tensors are operands of the node, not of the operation. Sizes along the spatial dimensions have
/// one number for each of them. Dimensions that are negative count from the end.
///
/// Source: `aten/src/ATen/native/native_functions.yaml`.
public enum Operation: Sendable, Hashable {
  /// Operands: input [N, C, ...], weight [K, C / groups, ...], bias [K] or none.
  case convolution(Convolution)
  /// Operand: input [N, C, ...]. The module's tensors are found by its name.
  case batchNorm(BatchNormAttributes)
  /// Operands: input [..., I], weight [O, I], bias [O] or none.
  case linear
  /// Operands: [..., M, K] and [..., K, N], whose dimensions before the last two broadcast.
  case matrixMultiply
  /// Operand: any tensor, element by element.
  case activation(Activation)
  /// Operands: two tensors that broadcast; the second is multiplied by `scale` first.
  case add(scale: Double)
  case multiply
  case divide
  /// Operands: two tensors that broadcast.
  case maximum
  case minimum
  /// Operands: two tensors that broadcast, or one that is compared with a number: 1 where it holds,
  /// else 0.
  case compare(Comparison)
  case compareScalar(Comparison, Double)
  /// Operands: a condition and two tensors, which broadcast: of the first of these where the
  /// condition is not 0.
  case choose
  /// Operand: a tensor; every element with the number.
  case addScalar(Double)
  case multiplyScalar(Double)
  case divideScalar(Double)
  /// Operand: a tensor, of which only the shape counts; every element is the number.
  case fill(Double)
  /// No operand: a tensor of a shape, every element the number.
  case full([Size], Double)
  /// No operand: the integers from one number to before another.
  case range(start: Size, end: Size, step: Int)
  /// Operand: input [N, C, ...] or [C, ...].
  case maxPool(Pooling)
  case averagePool(Pooling)
  /// Operand: input [N, C, ...] or [C, ...]; the output's spatial sizes.
  case adaptiveAveragePool([Int])
  /// Over the dimensions; over all where there are none.
  case mean(dimensions: [Int], keepsDimensions: Bool)
  case sum(dimensions: [Int], keepsDimensions: Bool)
  /// Operands: tensors that agree in all other dimensions. Empty ones of one dimension are passed
  /// over, as PyTorch does.
  case concatenate(dimension: Int)
  /// One output for each of the nearly equal parts, of which there may be fewer.
  case chunk(count: Int, dimension: Int)
  /// One output for each of the sizes.
  case split(sizes: [Int], dimension: Int)
  case flatten(start: Int, end: Int)
  case reshape([Size])
  /// Dimensions of one element are repeated, and new ones put in front.
  case expand([Size])
  case permute([Int])
  /// A dimension of one element is put in.
  case unsqueeze(dimension: Int)
  /// Those of the dimensions that have one element are taken out.
  case squeeze(dimensions: [Int])
  /// Bounds beyond the ends are cut, negative ones count from the end.
  case slice(dimension: Int, start: Size, end: Size, step: Int)
  case select(dimension: Int, index: Int)
  /// Operands: a tensor, and what takes the place of its slice.
  case sliceScatter(dimension: Int, start: Size, end: Size, step: Int)
  case selectScatter(dimension: Int, index: Int)
  /// How many elements of a number to put before and behind each of the last dimensions.
  case pad(before: [Size], after: [Size], value: Double)
  /// Operands: input, weight or none, bias or none; over the last dimensions.
  case layerNorm(shape: [Int], eps: Double)
  case softmax(dimension: Int)
  case logSoftmax(dimension: Int)
  /// Dropout, `contiguous`, `detach` and the like.
  case identity

  public struct Convolution: Sendable, Hashable {
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

  public struct BatchNormAttributes: Sendable, Hashable {
    /// The module's name in the state dict: `layer1.0.bn1`.
    public var module: String
    /// What its tensors can't tell.
    public var norm: NormModule

    public init(module: String, _ norm: NormModule) {
      self.module = module
      self.norm = norm
    }
  }

  public enum Comparison: String, Sendable, Hashable, CaseIterable {
    case equal
    case notEqual
    case less
    case lessOrEqual
    case greater
    case greaterOrEqual
  }

  public struct Pooling: Sendable, Hashable {
    public var kernel: [Int]
    public var stride: [Int]
    public var padding: [Int]
    public var dilation: [Int]
    /// Whether a window may begin inside and end outside.
    public var usesCeiling: Bool
    /// Whether averages count the padding.
    public var countsPadding: Bool
    /// What sums are divided by to be averages, whatever the windows hold.
    public var divisor: Int?

    public init(
      kernel: [Int], stride: [Int], padding: [Int], dilation: [Int]? = nil,
      usesCeiling: Bool = false, countsPadding: Bool = true, divisor: Int? = nil
    ) {
      self.kernel = kernel
      self.stride = stride
      self.padding = padding
      self.dilation = dilation ?? kernel.map { _ in 1 }
      self.usesCeiling = usesCeiling
      self.countsPadding = countsPadding
      self.divisor = divisor
    }
  }
}
