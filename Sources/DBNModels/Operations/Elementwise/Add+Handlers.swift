import DBNTensors

extension Operation.Add {
  package static var handlers: [String: GraphImporter.Handler] {
    [
      "add": { importer, call throws(CheckpointError) in
        let alpha = try call.number("alpha", default: 1)
        if try importer.outputMeta(of: call).type == .bool {
          return try importer.binary(.logicalOr, "self", "other", &call)
        }
        return try importer.pair(&call, .add(scale: alpha)) { .addScalar(alpha * $0) }
      },
      "sub": { importer, call throws(CheckpointError) in
        let alpha = try call.number("alpha", default: 1)
        return try importer.pair(&call, .add(scale: -alpha)) { .addScalar(-alpha * $0) }
      },
      "rsub": { importer, call throws(CheckpointError) in
        try importer.reversedDifference(&call)
      },
      "addcmul": { importer, call throws(CheckpointError) in
        try importer.scaledSum(&call, of: .multiply)
      },
      "addcdiv": { importer, call throws(CheckpointError) in
        try importer.scaledSum(&call, of: .divide)
      },
      "lerp": { importer, call throws(CheckpointError) in try importer.interpolation(&call) },
    ]
  }
}

extension GraphImporter {
  fileprivate mutating func reversedDifference(
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

  /// Reads `self + value * tensor1 * tensor2`, or the quotient.
  fileprivate mutating func scaledSum(
    _ call: inout ProgramCall, of combination: Operation
  ) throws(CheckpointError) -> [Result] {
    let value = try call.number("value", default: 1)
    let operands = [
      try operand(of: call.tensor("tensor1")), try operand(of: call.tensor("tensor2")),
    ]
    let term = try single(combination, operands, call.node.name + ".term")
    return try result(.add(scale: value), [operand(of: call.tensor()), term], call)
  }

  /// Reads `self + weight * (end - self)`.
  fileprivate mutating func interpolation(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let start = try operand(of: call.tensor())
    let difference = try single(
      .add(scale: -1), [operand(of: call.tensor("end")), start], call.node.name + ".difference")
    if let weight = call.number("weight") {
      return try result(.add(scale: weight), [start, difference], call)
    }
    let step = try single(
      .multiply, [operand(of: call.tensor("weight")), difference], call.node.name + ".step")
    return try result(.add(scale: 1), [start, step], call)
  }
}
