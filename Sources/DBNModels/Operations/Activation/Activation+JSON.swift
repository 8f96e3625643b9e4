package import DBNTensors

extension Activation {
  /// The functions without attributes, by name.
  private static let plain: [String: Activation] = [
    "relu": .relu, "hardSwish": .hardSwish, "hardSigmoid": .hardSigmoid, "silu": .silu,
    "sigmoid": .sigmoid, "logSigmoid": .logSigmoid, "tanh": .tanh, "mish": .mish,
    "squareRoot": .squareRoot, "reciprocalSquareRoot": .reciprocalSquareRoot,
    "reciprocal": .reciprocal, "exponential": .exponential,
    "exponentialMinusOne": .exponentialMinusOne,
    "logarithm": .logarithm, "logarithmOfOnePlus": .logarithmOfOnePlus,
    "errorFunction": .errorFunction, "negative": .negative, "absolute": .absolute,
  ]

  private static let plainNames = Dictionary(uniqueKeysWithValues: plain.map { ($1, $0) })

  package static var names: [String] {
    plain.keys + [
      "hardTanh", "gelu", "leakyReLU", "elu", "scaledELU", "hardShrink", "softShrink", "threshold",
      "softplus", "power",
    ]
  }

  package var name: String {
    switch self {
    case .hardTanh: "hardTanh"
    case .gelu: "gelu"
    case .leakyReLU: "leakyReLU"
    case .elu: "elu"
    case .scaledELU: "scaledELU"
    case .hardShrink: "hardShrink"
    case .softShrink: "softShrink"
    case .threshold: "threshold"
    case .softplus: "softplus"
    case .power: "power"
    default: Self.plainNames[self] ?? ""
    }
  }

  package init(_ reader: GraphReader) throws(CheckpointError) {
    let name = try reader.text("operation")
    switch name {
    case "hardTanh":
      self = .hardTanh(
        minimum: try reader.number("minimum"), maximum: try reader.number("maximum"))
    case "gelu": self = .gelu(usesTanh: try reader.bool("tanh"))
    case "leakyReLU": self = .leakyReLU(slope: try reader.number("slope"))
    case "elu": self = .elu(alpha: try reader.number("alpha"))
    case "scaledELU":
      self = .scaledELU(
        alpha: try reader.number("alpha"), scale: try reader.number("scale"),
        inputScale: try reader.number("input_scale"))
    case "hardShrink": self = .hardShrink(threshold: try reader.number("threshold"))
    case "softShrink": self = .softShrink(threshold: try reader.number("threshold"))
    case "threshold":
      self = .threshold(try reader.number("threshold"), value: try reader.number("value"))
    case "softplus":
      self = .softplus(beta: try reader.number("beta"), threshold: try reader.number("threshold"))
    case "power": self = .power(try reader.number("exponent"))
    default:
      guard let function = Self.plain[name] else { throw reader.invalid("operation") }
      self = function
    }
  }

  package var attributes: [JSON.Member] {
    switch self {
    case .hardTanh(let minimum, let maximum):
      [.init("minimum", .double(minimum)), .init("maximum", .double(maximum))]
    case .gelu(let usesTanh): [.init("tanh", .bool(usesTanh))]
    case .leakyReLU(let slope): [.init("slope", .double(slope))]
    case .elu(let alpha): [.init("alpha", .double(alpha))]
    case .scaledELU(let alpha, let scale, let inputScale):
      [
        .init("alpha", .double(alpha)), .init("scale", .double(scale)),
        .init("input_scale", .double(inputScale)),
      ]
    case .hardShrink(let threshold), .softShrink(let threshold):
      [.init("threshold", .double(threshold))]
    case .threshold(let threshold, let value):
      [.init("threshold", .double(threshold)), .init("value", .double(value))]
    case .softplus(let beta, let threshold):
      [.init("beta", .double(beta)), .init("threshold", .double(threshold))]
    case .power(let exponent): [.init("exponent", .double(exponent))]
    default: []
    }
  }
}
