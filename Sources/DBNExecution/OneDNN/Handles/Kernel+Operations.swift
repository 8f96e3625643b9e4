import DBNCOneDNN
import DBNModels
import DBNTensors

/// All of these return nil if oneDNN has no such implementation.
extension Kernel {
  /// `dnnl_convolution_forward_primitive_desc_create`.
  static func convolution(
    _ attributes: Operation.Convolution, source: Layout, weights: Layout, bias: Layout?,
    target: Layout, _ operations: [PostOperation], _ processor: Processor
  ) throws(CheckpointError) -> Kernel? {
    let strides = attributes.stride.map { Int64($0) }
    let dilations = attributes.dilation.map { Int64($0 - 1) }
    let padding = attributes.padding.map { Int64($0) }
    return try make("convolution", operations) {
      conednn_convolution(
        $0, processor.pointer, $1, source.pointer, weights.pointer, bias?.pointer,
        target.pointer, strides, dilations, padding)
    }
  }

  /// `dnnl_deconvolution_forward_primitive_desc_create`: a transposed convolution.
  ///
  /// - Parameters:
  ///   - weights: of a shape [K, C, ...], like a convolution's.
  ///   - outputPadding: how many elements are added at the end of each spatial dimension.
  static func deconvolution(
    _ attributes: Operation.Convolution, outputPadding: [Int], source: Layout, weights: Layout,
    bias: Layout?, target: Layout, _ processor: Processor
  ) throws(CheckpointError) -> Kernel? {
    let strides = attributes.stride.map { Int64($0) }
    let dilations = attributes.dilation.map { Int64($0 - 1) }
    let before = attributes.padding.map { Int64($0) }
    let after = zip(attributes.padding, outputPadding).map { Int64($0 - $1) }
    return try make("deconvolution") {
      conednn_deconvolution(
        $0, processor.pointer, $1, source.pointer, weights.pointer, bias?.pointer,
        target.pointer, strides, dilations, before, after)
    }
  }

  /// `dnnl_inner_product_forward_primitive_desc_create`.
  static func innerProduct(
    source: Layout, weights: Layout, bias: Layout?, target: Layout,
    _ operations: [PostOperation], _ processor: Processor
  ) throws(CheckpointError) -> Kernel? {
    try make("inner_product", operations) {
      conednn_inner_product(
        $0, processor.pointer, $1, source.pointer, weights.pointer, bias?.pointer,
        target.pointer)
    }
  }

  /// `dnnl_matmul_primitive_desc_create`: the last two dimensions are those of the matrices, and the
  /// others are equal, or 1.
  static func product(
    _ left: Layout, _ right: Layout, target: Layout, _ operations: [PostOperation],
    _ processor: Processor
  ) throws(CheckpointError) -> Kernel? {
    try make("matmul", operations) {
      conednn_matmul($0, processor.pointer, $1, left.pointer, right.pointer, target.pointer)
    }
  }

  /// `dnnl_layer_normalization_forward_primitive_desc_create`, over the last dimension, which may work
  /// in place.
  static func layerNorm(
    _ layout: Layout, eps: Double, hasScale: Bool, hasShift: Bool, _ processor: Processor
  ) throws(CheckpointError) -> Kernel? {
    try make("layer_normalization") {
      conednn_layer_norm(
        $0, processor.pointer, $1, layout.pointer, Float(eps), hasScale ? 1 : 0, hasShift ? 1 : 0)
    }
  }

  /// `dnnl_softmax_forward_primitive_desc_create`, which may work in place.
  static func softmax(
    _ layout: Layout, along dimension: Int, _ processor: Processor
  ) throws(CheckpointError) -> Kernel? {
    try make("softmax") {
      conednn_softmax($0, processor.pointer, $1, layout.pointer, Int32(dimension))
    }
  }

  /// `dnnl_pooling_forward_primitive_desc_create`.
  ///
  /// - Parameter paddingAfter: the padding at the end of each axis.
  static func pooling(
    _ algorithm: conednn_alg_kind_t, _ pooling: Operation.Pooling, paddingAfter: [Int],
    source: Layout, target: Layout, _ processor: Processor
  ) throws(CheckpointError) -> Kernel? {
    let strides = pooling.stride.map { Int64($0) }
    let kernel = pooling.kernel.map { Int64($0) }
    let dilations = pooling.dilation.map { Int64($0 - 1) }
    let before = pooling.padding.map { Int64($0) }
    let after = paddingAfter.map { Int64($0) }
    return try make("pooling") {
      conednn_pooling(
        $0, processor.pointer, $1, algorithm, source.pointer, target.pointer, strides, kernel,
        dilations, before, after)
    }
  }

  /// `dnnl_eltwise_forward_primitive_desc_create`, which may work in place.
  static func eltwise(
    _ eltwise: Eltwise, _ layout: Layout, _ processor: Processor
  ) throws(CheckpointError) -> Kernel? {
    try make("eltwise") {
      conednn_eltwise(
        $0, processor.pointer, $1, eltwise.algorithm, layout.pointer, eltwise.alpha,
        eltwise.beta)
    }
  }

  /// `dnnl_binary_primitive_desc_create`; the second operand is broadcast, and the first may be
  /// the target.
  static func binary(
    _ algorithm: conednn_alg_kind_t, _ first: Layout, _ second: Layout, target: Layout,
    _ operations: [PostOperation], _ processor: Processor
  ) throws(CheckpointError) -> Kernel? {
    try make("binary", operations) {
      conednn_binary(
        $0, processor.pointer, $1, algorithm, first.pointer, second.pointer, target.pointer)
    }
  }

  /// `dnnl_concat_primitive_desc_create`.
  static func concatenation(
    _ sources: [Layout], along dimension: Int, target: Layout, _ processor: Processor
  ) throws(CheckpointError) -> Kernel? {
    var pointers = sources.map { conednn_const_layout_t?($0.pointer) }
    return try make("concat") {
      conednn_concat(
        $0, processor.pointer, $1, target.pointer, Int32(pointers.count), Int32(dimension),
        &pointers)
    }
  }

  /// `dnnl_reorder_primitive_desc_create`.
  static func reorder(
    from source: Layout, to target: Layout, _ processor: Processor
  ) throws(CheckpointError) -> Kernel? {
    try make("reorder") {
      conednn_reorder($0, processor.pointer, $1, source.pointer, target.pointer)
    }
  }
}

extension Eltwise {
  /// The function for an operation that adds a number to every element or multiplies by one; nil
  /// for every other operation.
  init?(scaling operation: Operation) {
    switch operation.definition {
    case let sum as Operation.AddScalar:
      self.init(algorithm: conednn_eltwise_linear, alpha: 1, beta: Float(sum.number))
    case let product as Operation.MultiplyScalar:
      self.init(algorithm: conednn_eltwise_linear, alpha: Float(product.number))
    default: return nil
    }
  }
}

extension Activation {
  /// The sequence of oneDNN functions that computes it; nil if there is none.
  var eltwises: [Eltwise]? {
    switch self {
    case .relu: [Eltwise(algorithm: conednn_eltwise_relu)]
    case .leakyReLU(let slope): [Eltwise(algorithm: conednn_eltwise_relu, alpha: Float(slope))]
    case .hardTanh(let minimum, let maximum):
      [Eltwise(algorithm: conednn_eltwise_clip, alpha: Float(minimum), beta: Float(maximum))]
    case .hardSwish: [Eltwise(algorithm: conednn_eltwise_hardswish, alpha: 1 / 6, beta: 0.5)]
    case .hardSigmoid:
      [
        Eltwise(algorithm: conednn_eltwise_linear, alpha: 1 / 6, beta: 0.5),
        Eltwise(algorithm: conednn_eltwise_clip, alpha: 0, beta: 1),
      ]
    case .silu: [Eltwise(algorithm: conednn_eltwise_swish, alpha: 1)]
    case .sigmoid: [Eltwise(algorithm: conednn_eltwise_logistic)]
    case .gelu(usesTanh: false): [Eltwise(algorithm: conednn_eltwise_gelu_erf)]
    case .gelu(usesTanh: true): [Eltwise(algorithm: conednn_eltwise_gelu_tanh)]
    case .tanh: [Eltwise(algorithm: conednn_eltwise_tanh)]
    case .elu(let alpha): [Eltwise(algorithm: conednn_eltwise_elu, alpha: Float(alpha))]
    case .exponential: [Eltwise(algorithm: conednn_eltwise_exp)]
    case .squareRoot: [Eltwise(algorithm: conednn_eltwise_sqrt)]
    case .absolute: [Eltwise(algorithm: conednn_eltwise_abs)]
    case .negative: [Eltwise(algorithm: conednn_eltwise_linear, alpha: -1)]
    default: nil
    }
  }
}
