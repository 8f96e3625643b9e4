import DBNTensors

extension Operation {
  /// What a node of a graph's JSON does.
  init(_ reader: GraphReader) throws(CheckpointError) {
    let kind = try reader.text("operation")
    if let function = try Activation(kind, reader) {
      self = .activation(function)
      return
    }
    switch kind {
    case "convolution": self = .convolution(try Convolution(reader))
    case "batchNorm": self = .batchNorm(try BatchNormAttributes(reader))
    case "maxPool": self = .maxPool(try Pooling(reader))
    case "averagePool": self = .averagePool(try Pooling(reader))
    case "linear": self = .linear
    case "matrixMultiply": self = .matrixMultiply
    case "multiply": self = .multiply
    case "divide": self = .divide
    case "identity": self = .identity
    case "maximum": self = .maximum
    case "minimum": self = .minimum
    case "choose": self = .choose
    case "compare": self = .compare(try Comparison(reader))
    case "compareScalar":
      self = .compareScalar(try Comparison(reader), try reader.number("number"))
    case "range":
      self = .range(
        start: try reader.size("start"), end: try reader.size("end"), step: try reader.int("step"))
    case "add": self = .add(scale: try reader.number("scale"))
    case "addScalar": self = .addScalar(try reader.number("number"))
    case "multiplyScalar": self = .multiplyScalar(try reader.number("number"))
    case "divideScalar": self = .divideScalar(try reader.number("number"))
    case "fill": self = .fill(try reader.number("number"))
    case "full": self = .full(try reader.sizes("sizes"), try reader.number("number"))
    case "adaptiveAveragePool": self = .adaptiveAveragePool(try reader.ints("sizes"))
    case "mean":
      self = .mean(
        dimensions: try reader.ints("dimensions"), keepsDimensions: try reader.bool("keeps"))
    case "sum":
      self = .sum(
        dimensions: try reader.ints("dimensions"), keepsDimensions: try reader.bool("keeps"))
    case "concatenate": self = .concatenate(dimension: try reader.int("dimension"))
    case "chunk":
      self = .chunk(count: try reader.int("count"), dimension: try reader.int("dimension"))
    case "split":
      self = .split(sizes: try reader.ints("sizes"), dimension: try reader.int("dimension"))
    case "flatten": self = .flatten(start: try reader.int("start"), end: try reader.int("end"))
    case "reshape": self = .reshape(try reader.sizes("sizes"))
    case "expand": self = .expand(try reader.sizes("sizes"))
    case "permute": self = .permute(try reader.ints("order"))
    case "unsqueeze": self = .unsqueeze(dimension: try reader.int("dimension"))
    case "squeeze": self = .squeeze(dimensions: try reader.ints("dimensions"))
    case "slice":
      self = .slice(
        dimension: try reader.int("dimension"), start: try reader.size("start"),
        end: try reader.size("end"), step: try reader.int("step"))
    case "select":
      self = .select(dimension: try reader.int("dimension"), index: try reader.int("index"))
    case "sliceScatter":
      self = .sliceScatter(
        dimension: try reader.int("dimension"), start: try reader.size("start"),
        end: try reader.size("end"), step: try reader.int("step"))
    case "selectScatter":
      self = .selectScatter(dimension: try reader.int("dimension"), index: try reader.int("index"))
    case "pad":
      self = .pad(
        before: try reader.sizes("before"), after: try reader.sizes("after"),
        value: try reader.number("value"))
    case "layerNorm":
      self = .layerNorm(shape: try reader.ints("shape"), eps: try reader.number("eps"))
    case "softmax": self = .softmax(dimension: try reader.int("dimension"))
    case "logSoftmax": self = .logSoftmax(dimension: try reader.int("dimension"))
    default:
      throw CheckpointError(
        .unsupportedOperation, "the operation '\(kind.visible())' is not known here",
        advice: "read the file with a newer release of dbn-convert")
    }
  }
}

extension Activation {
  /// nil where the kind is no function of one number.
  fileprivate init?(_ kind: String, _ reader: GraphReader) throws(CheckpointError) {
    switch kind {
    case "relu": self = .relu
    case "hardTanh":
      self = .hardTanh(minimum: try reader.number("minimum"), maximum: try reader.number("maximum"))
    case "hardSwish": self = .hardSwish
    case "hardSigmoid": self = .hardSigmoid
    case "silu": self = .silu
    case "sigmoid": self = .sigmoid
    case "gelu": self = .gelu(usesTanh: try reader.bool("tanh"))
    case "tanh": self = .tanh
    case "leakyReLU": self = .leakyReLU(slope: try reader.number("slope"))
    case "elu": self = .elu(alpha: try reader.number("alpha"))
    case "softplus":
      self = .softplus(beta: try reader.number("beta"), threshold: try reader.number("threshold"))
    case "mish": self = .mish
    case "power": self = .power(try reader.number("exponent"))
    case "squareRoot": self = .squareRoot
    case "reciprocalSquareRoot": self = .reciprocalSquareRoot
    case "reciprocal": self = .reciprocal
    case "exponential": self = .exponential
    case "exponentialMinusOne": self = .exponentialMinusOne
    case "logarithm": self = .logarithm
    case "logarithmOfOnePlus": self = .logarithmOfOnePlus
    case "errorFunction": self = .errorFunction
    case "negative": self = .negative
    case "absolute": self = .absolute
    default: return nil
    }
  }
}

extension Operation.Comparison {
  fileprivate init(_ reader: GraphReader) throws(CheckpointError) {
    guard let comparison = Self(rawValue: try reader.text("comparison")) else {
      throw reader.invalid("comparison")
    }
    self = comparison
  }
}

extension Operation.Convolution {
  fileprivate init(_ reader: GraphReader) throws(CheckpointError) {
    self.init(
      stride: try reader.ints("stride"), padding: try reader.ints("padding"),
      dilation: try reader.ints("dilation"), groups: try reader.int("groups"))
  }
}

extension Operation.Pooling {
  fileprivate init(_ reader: GraphReader) throws(CheckpointError) {
    let hasDivisor = reader.json["divisor"] != .null
    self.init(
      kernel: try reader.ints("kernel"), stride: try reader.ints("stride"),
      padding: try reader.ints("padding"), dilation: try reader.ints("dilation"),
      usesCeiling: try reader.bool("ceil"), countsPadding: try reader.bool("counts_padding"),
      divisor: hasDivisor ? try reader.int("divisor") : nil)
  }
}
