import DBNTensors

extension Activation {
  package static var handlers: [String: GraphImporter.Handler] {
    functions.mapValues(handler).merging(clampingHandlers) { first, _ in first }
      .merging(parametrisedHandlers) { first, _ in first }
      .merging(thresholdHandlers) { first, _ in first }
  }

  private static func handler(of function: Activation) -> GraphImporter.Handler {
    { importer, call throws(CheckpointError) in
      try importer.result(.activation(function), of: call.tensor(), call)
    }
  }

  /// The functions without arguments, by ATen's names.
  private static let functions: [String: Activation] = [
    "relu": .relu, "relu6": .hardTanh(minimum: 0, maximum: 6), "hardswish": .hardSwish,
    "hardsigmoid": .hardSigmoid, "silu": .silu, "sigmoid": .sigmoid, "tanh": .tanh,
    "mish": .mish, "square": .power(2), "sqrt": .squareRoot, "rsqrt": .reciprocalSquareRoot,
    "reciprocal": .reciprocal, "exp": .exponential, "log": .logarithm, "neg": .negative,
    "abs": .absolute, "expm1": .exponentialMinusOne, "log1p": .logarithmOfOnePlus,
    "erf": .errorFunction, "log_sigmoid": .logSigmoid,
    "selu": .scaledELU(
      alpha: 1.6732632423543772848170429916717, scale: 1.0507009873554804934193349852946,
      inputScale: 1),
  ]

  private static let clampingHandlers: [String: GraphImporter.Handler] = [
    "hardtanh": { importer, call throws(CheckpointError) in
      try importer.clamp(
        call.number("min_val", default: -1), call.number("max_val", default: 1), &call)
    },
    "clamp": { importer, call throws(CheckpointError) in try importer.clamp(&call) },
    "clamp_min": { importer, call throws(CheckpointError) in try importer.clamp(&call) },
    "clamp_max": { importer, call throws(CheckpointError) in try importer.clamp(&call) },
  ]

  private static let parametrisedHandlers: [String: GraphImporter.Handler] = [
    "gelu": { importer, call throws(CheckpointError) in
      let usesTanh = try call.text("approximate", default: "none") == "tanh"
      return try importer.result(
        .activation(.gelu(usesTanh: usesTanh)), of: call.tensor(), call)
    },
    "leaky_relu": { importer, call throws(CheckpointError) in
      let slope = try call.number("negative_slope", default: 0.01)
      return try importer.result(
        .activation(.leakyReLU(slope: slope)), of: call.tensor(), call)
    },
    "elu": { importer, call throws(CheckpointError) in
      let alpha = try call.number("alpha", default: 1)
      let scale = try call.number("scale", default: 1)
      let inputScale = try call.number("input_scale", default: 1)
      let function =
        scale == 1 && inputScale == 1
        ? Activation.elu(alpha: alpha)
        : .scaledELU(alpha: alpha, scale: scale, inputScale: inputScale)
      return try importer.result(.activation(function), of: call.tensor(), call)
    },
    "celu": { importer, call throws(CheckpointError) in
      let alpha = try call.number("alpha", default: 1)
      let function = Activation.scaledELU(alpha: alpha, scale: 1, inputScale: 1 / alpha)
      return try importer.result(.activation(function), of: call.tensor(), call)
    },
    "softplus": { importer, call throws(CheckpointError) in
      let function = Activation.softplus(
        beta: try call.number("beta", default: 1),
        threshold: try call.number("threshold", default: 20))
      return try importer.result(.activation(function), of: call.tensor(), call)
    },
    "pow": { importer, call throws(CheckpointError) in
      guard let exponent = call.number("exponent") else {
        return try importer.binary(.raised, "self", "exponent", &call)
      }
      return try importer.result(.activation(.power(exponent)), of: call.tensor(), call)
    },
  ]
}

extension Activation {
  private static let thresholdHandlers: [String: GraphImporter.Handler] = [
    "hardshrink": { importer, call throws(CheckpointError) in
      let threshold = try call.number("lambd", default: 0.5)
      return try importer.result(
        .activation(.hardShrink(threshold: threshold)), of: call.tensor(), call)
    },
    "softshrink": { importer, call throws(CheckpointError) in
      let threshold = try call.number("lambd", default: 0.5)
      return try importer.result(
        .activation(.softShrink(threshold: threshold)), of: call.tensor(), call)
    },
    "threshold": { importer, call throws(CheckpointError) in
      let function = Activation.threshold(
        try call.number("threshold", default: 0), value: try call.number("value", default: 0))
      return try importer.result(.activation(function), of: call.tensor(), call)
    },
    "glu": { importer, call throws(CheckpointError) in try importer.gatedLinearUnit(&call) },
    "rrelu": { importer, call throws(CheckpointError) in try importer.randomReLU(&call) },
  ]
}

extension GraphImporter {
  /// The first half of a dimension times the sigmoid of the second.
  fileprivate mutating func gatedLinearUnit(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let (input, name) = (try operand(of: call.tensor()), Self.name(of: call))
    let split = Operation.chunk(count: 2, dimension: try call.int("dim", default: -1))
    let halves = try add(split, [input], name: "\(name).half", count: 2)
    let gate = try single(.activation(.sigmoid), [halves[1]], "\(name).gate")
    return try result(.multiply, [halves[0], gate], call)
  }

  /// In evaluation, negative elements are multiplied by the mean of the bounds.
  fileprivate mutating func randomReLU(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    call.ignore("generator")
    let lower = try call.number("lower", default: 1 / 8)
    let upper = try call.number("upper", default: 1 / 3)
    if try call.bool("training", default: false) {
      note("a ReLU with random slopes has their mean: a forward pass draws no random numbers")
    }
    return try result(
      .activation(.leakyReLU(slope: (lower + upper) / 2)), of: call.tensor(), call)
  }

  /// Clips to bounds that are numbers or tensors, or missing.
  fileprivate mutating func clamp(_ call: inout ProgramCall) throws(CheckpointError) -> [Result] {
    guard call.isTensor("min") || call.isTensor("max") else {
      return try clamp(call.number("min"), call.number("max"), &call)
    }
    var operand = try operand(of: call.tensor())
    for (bound, operation) in [("min", Operation.maximum), ("max", .minimum)]
    where call.has(bound) {
      operand = try single(
        operation, [operand, numberOrTensor(bound, &call)], Self.name(of: call))
    }
    return [.new(operand)]
  }

  fileprivate mutating func clamp(
    _ minimum: Double?, _ maximum: Double?, _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let function = Activation.hardTanh(
      minimum: minimum ?? -.infinity, maximum: maximum ?? .infinity)
    return try result(.activation(function), of: call.tensor(), call)
  }
}
