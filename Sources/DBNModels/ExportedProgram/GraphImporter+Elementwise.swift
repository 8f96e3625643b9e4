import DBNTensors

/// Operations on each element by itself, and on pairs of them.
extension GraphImporter {
  static let elementwiseHandlers: [String: Handler] = functions.reduce(
    into: parametrisedHandlers.merging(comparisonHandlers) { first, _ in first }
  ) { handlers, function in
    handlers[function.key] = handler(of: function.value)
  }

  private static func handler(of function: Activation) -> Handler {
    { importer, call throws(CheckpointError) in
      try importer.result(.activation(function), of: call.tensor(), call)
    }
  }

  /// Functions without arguments.
  private static let functions: [String: Activation] = [
    "relu": .relu, "relu6": .hardTanh(minimum: 0, maximum: 6), "hardswish": .hardSwish,
    "hardsigmoid": .hardSigmoid, "silu": .silu, "sigmoid": .sigmoid, "tanh": .tanh,
    "mish": .mish, "square": .power(2), "sqrt": .squareRoot, "rsqrt": .reciprocalSquareRoot,
    "reciprocal": .reciprocal, "exp": .exponential, "log": .logarithm, "neg": .negative,
    "abs": .absolute, "expm1": .exponentialMinusOne, "log1p": .logarithmOfOnePlus,
    "erf": .errorFunction,
  ]

  private static let parametrisedHandlers: [String: Handler] = [
    "hardtanh": { importer, call throws(CheckpointError) in
      try importer.clamp(
        call.number("min_val", default: -1), call.number("max_val", default: 1), &call)
    },
    "clamp": { importer, call throws(CheckpointError) in
      try importer.clamp(call.number("min"), call.number("max"), &call)
    },
    "clamp_min": { importer, call throws(CheckpointError) in
      try importer.clamp(call.number("min"), nil, &call)
    },
    "clamp_max": { importer, call throws(CheckpointError) in
      try importer.clamp(nil, call.number("max"), &call)
    },
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
      guard try call.number("scale", default: 1) == 1,
        try call.number("input_scale", default: 1) == 1
      else { throw call.unsupported("a scale") }
      return try importer.result(.activation(.elu(alpha: alpha)), of: call.tensor(), call)
    },
    "softplus": { importer, call throws(CheckpointError) in
      let function = Activation.softplus(
        beta: try call.number("beta", default: 1),
        threshold: try call.number("threshold", default: 20))
      return try importer.result(.activation(function), of: call.tensor(), call)
    },
    "pow": { importer, call throws(CheckpointError) in
      guard let exponent = call.number("exponent") else {
        throw call.unsupported("an exponent that is a tensor")
      }
      return try importer.result(.activation(.power(exponent)), of: call.tensor(), call)
    },
    "add": { importer, call throws(CheckpointError) in
      let alpha = try call.number("alpha", default: 1)
      return try importer.pair(&call, .add(scale: alpha)) { .addScalar(alpha * $0) }
    },
    "sub": { importer, call throws(CheckpointError) in
      let alpha = try call.number("alpha", default: 1)
      return try importer.pair(&call, .add(scale: -alpha)) { .addScalar(-alpha * $0) }
    },
    "rsub": { importer, call throws(CheckpointError) in try importer.reversedDifference(&call) },
    "mul": { importer, call throws(CheckpointError) in
      try importer.pair(&call, .multiply) { .multiplyScalar($0) }
    },
    "div": { importer, call throws(CheckpointError) in
      try importer.pair(&call, .divide) { .divideScalar($0) }
    },
    "maximum": { importer, call throws(CheckpointError) in
      try importer.pair(&call, .maximum) {
        .activation(.hardTanh(minimum: $0, maximum: .infinity))
      }
    },
    "minimum": { importer, call throws(CheckpointError) in
      try importer.pair(&call, .minimum) {
        .activation(.hardTanh(minimum: -.infinity, maximum: $0))
      }
    },
    "where": { importer, call throws(CheckpointError) in
      let operands = [
        try importer.operand(of: call.tensor("condition")),
        try importer.operand(of: call.tensor("self")),
        try importer.operand(of: call.tensor("other")),
      ]
      return try importer.result(.choose, operands, call)
    },
    "arange": { importer, call throws(CheckpointError) in
      call.ignoreTensorOptions()
      let operation = Operation.range(
        start: try importer.sizes("start", &call)?.first ?? 0,
        end: try importer.sizes("end", &call).orProgramError("`end`")[0],
        step: try call.int("step", default: 1))
      return try importer.result(operation, [], call)
    },
    "fill": { importer, call throws(CheckpointError) in
      guard let value = call.number("value") else { throw call.unsupported("a tensor's value") }
      return try importer.result(.fill(value), of: call.tensor(), call)
    },
    "zero": { importer, call throws(CheckpointError) in
      try importer.result(.fill(0), of: call.tensor(), call)
    },
    "zeros_like": { importer, call throws(CheckpointError) in
      call.ignoreTensorOptions()
      return try importer.result(.fill(0), of: call.tensor(), call)
    },
    "ones_like": { importer, call throws(CheckpointError) in
      call.ignoreTensorOptions()
      return try importer.result(.fill(1), of: call.tensor(), call)
    },
    "full_like": { importer, call throws(CheckpointError) in
      call.ignoreTensorOptions()
      let value = try call.number("fill_value", default: 0)
      return try importer.result(.fill(value), of: call.tensor(), call)
    },
    "zeros": { importer, call throws(CheckpointError) in try importer.full(&call, "size", 0) },
    "ones": { importer, call throws(CheckpointError) in try importer.full(&call, "size", 1) },
    "full": { importer, call throws(CheckpointError) in
      try importer.full(&call, "size", call.number("fill_value", default: 0))
    },
    "new_zeros": { importer, call throws(CheckpointError) in
      call.ignore("self")
      return try importer.full(&call, "size", 0)
    },
    "new_ones": { importer, call throws(CheckpointError) in
      call.ignore("self")
      return try importer.full(&call, "size", 1)
    },
  ]

  private static let comparisonHandlers = comparisons.mapValues { handler(of: $0) }

  private static let comparisons: [String: Operation.Comparison] = [
    "eq": .equal, "ne": .notEqual, "lt": .less, "le": .lessOrEqual, "gt": .greater,
    "ge": .greaterOrEqual,
  ]

  private static func handler(of comparison: Operation.Comparison) -> Handler {
    { importer, call throws(CheckpointError) in
      try importer.pair(&call, .compare(comparison)) { .compareScalar(comparison, $0) }
    }
  }

  private mutating func clamp(
    _ minimum: Double?, _ maximum: Double?, _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let function = Activation.hardTanh(
      minimum: minimum ?? -.infinity, maximum: maximum ?? .infinity)
    return try result(.activation(function), of: call.tensor(), call)
  }

  /// An operation with another tensor, or with a number.
  private mutating func pair(
    _ call: inout ProgramCall, _ operation: Operation, scalar: (Double) -> Operation
  ) throws(CheckpointError) -> [Result] {
    if let number = call.number("self") {
      let first = try single(.full([], number), [], call.node.name + ".number")
      return try result(operation, [first, operand(of: call.tensor("other"))], call)
    }
    let tensor = try call.tensor()
    if let number = call.number("other") { return try result(scalar(number), of: tensor, call) }
    let other = try call.tensor("other")
    return try result(operation, [operand(of: tensor), operand(of: other)], call)
  }

  private mutating func reversedDifference(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let tensor = try call.tensor()
    let alpha = try call.number("alpha", default: 1)
    guard let number = call.number("other") else {
      let other = try operand(of: call.tensor("other"))
      return try result(.add(scale: -alpha), [other, operand(of: tensor)], call)
    }
    let negative = try single(
      .multiplyScalar(-alpha), [operand(of: tensor)], Self.name(of: call) + ".negative")
    return try result(.addScalar(number), [negative], call)
  }

  private mutating func full(
    _ call: inout ProgramCall, _ name: String, _ value: Double
  ) throws(CheckpointError) -> [Result] {
    call.ignoreTensorOptions()
    return try result(.full(shape(name, &call), value), [], call)
  }
}

extension ProgramCall {
  /// Where and how a new tensor is kept.
  mutating func ignoreTensorOptions() {
    ignore("dtype", "layout", "device", "pin_memory", "memory_format")
  }
}
