import DBNTensors

extension Operation.OrderStatisticOperation {
  package static var handlers: [String: GraphImporter.Handler] {
    [
      "max": { importer, call throws(CheckpointError) in
        try importer.extreme(&call, .largest, of: .largest, .maximum)
      },
      "min": { importer, call throws(CheckpointError) in
        try importer.extreme(&call, .smallest, of: .smallest, .minimum)
      },
      "argmax": { importer, call throws(CheckpointError) in
        try importer.index(of: .largest, &call)
      },
      "argmin": { importer, call throws(CheckpointError) in
        try importer.index(of: .smallest, &call)
      },
      "median": { importer, call throws(CheckpointError) in try importer.median(&call) },
    ]
  }
}

extension GraphImporter {
  /// Reads `torch.max` or `torch.min`: of two tensors, of all elements, or along a dimension.
  fileprivate mutating func extreme(
    _ call: inout ProgramCall, _ statistic: Operation.OrderStatistic,
    of function: ReductionFunction, _ pair: Operation
  ) throws(CheckpointError) -> [Result] {
    if call.has("other") {
      let operands = [
        try operand(of: call.tensor()), try operand(of: call.tensor("other")),
      ]
      return try result(pair, operands, call)
    }
    guard call.has("dim") else { return try reduction(&call, function) }
    return try orderStatistic(statistic, &call)
  }

  private mutating func orderStatistic(
    _ statistic: Operation.OrderStatistic, _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let operation = Operation.orderStatistic(
      statistic, dimension: try call.int("dim"),
      keepsDimensions: try call.bool("keepdim", default: false))
    return try results(operation, [operand(of: call.tensor())], call, count: 2)
  }

  /// The index of the largest or smallest element, along a dimension or of all.
  fileprivate mutating func index(
    of statistic: Operation.OrderStatistic, _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    if call.has("dim") { return [try orderStatistic(statistic, &call)[1]] }
    guard try !call.bool("keepdim", default: false) else {
      throw call.unsupported("`keepdim` without a dimension")
    }
    return [try flatStatistic(statistic, &call)[1]]
  }

  fileprivate mutating func median(_ call: inout ProgramCall) throws(CheckpointError) -> [Result] {
    if call.has("dim") { return try orderStatistic(.median, &call) }
    return [try flatStatistic(.median, &call)[0]]
  }

  private mutating func flatStatistic(
    _ statistic: Operation.OrderStatistic, _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let flat = try single(
      .flatten(start: 0, end: -1), [operand(of: call.tensor())], call.node.name + ".flat")
    return try results(
      .orderStatistic(statistic, dimension: 0, keepsDimensions: false), [flat], call, count: 2)
  }
}
