import DBNTensors

extension Operation.Reduce {
  package static var handlers: [String: GraphImporter.Handler] {
    let functions: [String: ReductionFunction] = [
      "amax": .largest, "amin": .smallest, "prod": .product, "any": .any, "all": .all,
      "logsumexp": .logSumExp,
    ]
    return functions.mapValues(handler).merging(parametrised) { first, _ in first }
      .merging(distances) { first, _ in first }.merging(withoutNaN) { first, _ in first }
  }

  private static func handler(of function: ReductionFunction) -> GraphImporter.Handler {
    { importer, call throws(CheckpointError) in try importer.reduction(&call, function) }
  }

  private static let parametrised: [String: GraphImporter.Handler] = [
    "linalg_vector_norm": { importer, call throws(CheckpointError) in
      let order = try call.number("ord", default: 2)
      return try importer.reduction(&call, .norm(order: order))
    },
    "norm": { importer, call throws(CheckpointError) in
      let order = try call.number("p", default: 2)
      return try importer.reduction(&call, .norm(order: order))
    },
    "linalg_norm": { importer, call throws(CheckpointError) in try importer.norm(&call) },
    "linalg_matrix_norm": { importer, call throws(CheckpointError) in
      guard try call.text("ord", default: "fro") == "fro" else {
        throw call.unsupported("a norm of matrices other than Frobenius'")
      }
      return try importer.reduction(&call, .norm(order: 2), defaults: [-2, -1])
    },
    "frobenius_norm": { importer, call throws(CheckpointError) in
      try importer.reduction(&call, .norm(order: 2))
    },
    "var": { importer, call throws(CheckpointError) in
      let correction = try call.correction()
      return try importer.reduction(&call, .variance(correction: correction))
    },
    "std": { importer, call throws(CheckpointError) in
      [.new(try importer.deviation(&call))]
    },
    "var_mean": { importer, call throws(CheckpointError) in
      let correction = try call.correction()
      let variance = try importer.reduction(&call, .variance(correction: correction))
      return try variance + importer.mean(&call)
    },
    "std_mean": { importer, call throws(CheckpointError) in
      [.new(try importer.deviation(&call))] + (try importer.mean(&call))
    },
    "aminmax": { importer, call throws(CheckpointError) in
      try importer.reduction(&call, .smallest) + importer.reduction(&call, .largest)
    },
    "count_nonzero": { importer, call throws(CheckpointError) in
      let flags = try importer.single(
        .compareScalar(.notEqual, 0), [importer.operand(of: call.tensor())],
        call.node.name + ".flags")
      let sum = Operation.sum(dimensions: try call.ints("dim") ?? [], keepsDimensions: false)
      return try importer.result(sum, [flags], call)
    },
  ]
}

extension GraphImporter {
  /// - Parameter defaults: the dimensions if the call has none; all if these are empty.
  mutating func reduction(
    _ call: inout ProgramCall, _ function: ReductionFunction, defaults: [Int] = []
  ) throws(CheckpointError) -> [Result] {
    try reduction(&call) {
      .reduce(function, dimensions: $0.isEmpty ? defaults : $0, keepsDimensions: $1)
    }
  }

  /// Reads `torch.linalg.norm`, which without an order is the root of the sum of squares, and with one
  /// and two dimensions a norm of matrices.
  fileprivate mutating func norm(_ call: inout ProgramCall) throws(CheckpointError) -> [Result] {
    let rank = try meta(call.tensor()).rank
    let count = try call.ints("dim")?.count ?? rank
    let order = call.number("ord")
    let name = order == nil ? try call.text("ord", default: "fro") : ""
    guard order == nil ? name == "fro" : count == 1 else {
      throw call.unsupported("a norm of matrices other than Frobenius'")
    }
    return try reduction(&call, .norm(order: order ?? 2))
  }

  fileprivate mutating func mean(_ call: inout ProgramCall) throws(CheckpointError) -> [Result] {
    try reduction(&call) { .mean(dimensions: $0, keepsDimensions: $1) }
  }

  /// The standard deviation: the square root of the variance.
  fileprivate mutating func deviation(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> Graph.Operand {
    let operation = Operation.reduce(
      .variance(correction: try call.correction()), dimensions: try call.ints("dim") ?? [],
      keepsDimensions: try call.bool("keepdim", default: false))
    let variance = try single(
      operation, [operand(of: call.tensor())], call.node.name + ".variance")
    return try single(.activation(.squareRoot), [variance], Self.name(of: call))
  }
}

extension ProgramCall {
  /// What the divisor of a variance is less than the count.
  fileprivate mutating func correction() throws(CheckpointError) -> Double {
    let isUnbiased = try bool("unbiased", default: true)
    return number("correction") ?? (isUnbiased ? 1 : 0)
  }
}
