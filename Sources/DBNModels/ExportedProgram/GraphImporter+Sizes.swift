import DBNTensors

extension GraphImporter {
  /// The most terms in one size: real models have a handful.
  private static let partLimit = 256

  /// Reads a node that computes or checks a size.
  ///
  /// - Returns: whether it is such a node.
  mutating func readSize(_ call: inout ProgramCall) throws(CheckpointError) -> Bool {
    switch call.node.target {
    case "torch.ops.aten.sym_size.int":
      let name = try call.tensor()
      let dimension = try call.int("dim")
      guard case .value(let value) = try operand(of: name) else {
        let sizes = try sizes(of: name)
        guard sizes.indices.contains(dimension) else {
          throw .program("there is no dimension \(dimension)")
        }
        try define(call, sizes[dimension], parts: 1)
        return true
      }
      try define(call, .dimension(dimension, of: value), parts: 1)
      return true
    case "torch.ops.aten._assert_scalar.default", "torch.ops.aten._assert_tensor_metadata.default",
      "torch.ops.aten._assert_async.msg", "torch.ops.aten.sym_constrain_range_for_size.default",
      "torch.ops.aten.sym_constrain_range.default":
      // Conditions found during export. Shapes are checked before a run anyway.
      return true
    default: break
    }
    if Self.comparisons.contains(call.node.target) { return true }
    guard let arithmetic = Self.arithmetic[call.node.target] else { return false }
    let (left, right) = (try size(argument: "a", &call), try size(argument: "b", &call))
    try define(
      call, .computed(arithmetic, left.size, right.size), parts: left.parts + right.parts)
    return true
  }

  /// Comparisons of sizes, whose results only assertions use.
  private static let comparisons: Set<String> = [
    "_operator.eq", "_operator.ne", "_operator.lt", "_operator.le", "_operator.gt",
    "_operator.ge", "_operator.and_", "_operator.or_", "torch.sym_not",
  ]

  private static let arithmetic: [String: Size.Arithmetic] = [
    "_operator.add": .sum, "_operator.sub": .difference, "_operator.mul": .product,
    "_operator.floordiv": .quotient, "_operator.mod": .remainder,
    "torch.sym_min": .minimum, "torch.sym_max": .maximum,
  ]

  private mutating func define(
    _ call: ProgramCall, _ size: Size, parts: Int
  ) throws(CheckpointError) {
    guard let name = call.node.outputs.flatMap(\.names).first else {
      throw .program("a computed size has no name")
    }
    guard parts <= Self.partLimit else {
      throw CheckpointError(.limitExceeded, "a size is computed from more than 256 others")
    }
    sizes[name] = (size, parts)
  }

  private func size(
    argument name: String, _ call: inout ProgramCall
  ) throws(CheckpointError) -> (size: Size, parts: Int) {
    guard let argument = try call.sizes(name)?.first else {
      throw .program("the argument `\(name)` is missing")
    }
    return try size(argument)
  }

  private func size(
    _ argument: ProgramArgument.ProgramSize
  ) throws(CheckpointError) -> (size: Size, parts: Int) {
    switch argument {
    case .number(let number): return (.fixed(number), 1)
    case .name(let name):
      return try sizes[name].orProgramError("the size `\(name)`")
    }
  }

  /// The sizes of an argument; nil if it is missing.
  func sizes(
    _ name: String, _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Size]? {
    try call.sizes(name)?.map { argument throws(CheckpointError) in try size(argument).size }
  }

  /// A shape, in which PyTorch's -1 is inferred.
  func shape(_ name: String, _ call: inout ProgramCall) throws(CheckpointError) -> [Size] {
    try sizes(name, &call).orProgramError("the argument `\(name)`")
      .map { $0 == .fixed(-1) ? .inferred : $0 }
  }
}
