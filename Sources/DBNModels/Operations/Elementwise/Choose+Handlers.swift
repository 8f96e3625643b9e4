import DBNTensors

extension Operation.Choose {
  package static var handlers: [String: GraphImporter.Handler] {
    [
      "where": { importer, call throws(CheckpointError) in
        let operands = [
          try importer.operand(of: call.tensor("condition")),
          try importer.numberOrTensor("self", &call), try importer.numberOrTensor("other", &call),
        ]
        return try importer.result(.choose, operands, call)
      },
      "masked_fill": { importer, call throws(CheckpointError) in
        let operands = [
          try importer.operand(of: call.tensor("mask")),
          try importer.numberOrTensor("value", &call), try importer.operand(of: call.tensor()),
        ]
        return try importer.result(.choose, operands, call)
      },
      "masked_scatter": { importer, call throws(CheckpointError) in
        try importer.maskedScatter(&call)
      },
      "nan_to_num": { importer, call throws(CheckpointError) in
        try importer.finite(&call)
      },
    ]
  }
}

extension GraphImporter {
  /// Gives the elements of a source, one after the other, to the places of a mask: the place's index
  /// is the number of places before it.
  fileprivate mutating func maskedScatter(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let (target, name) = (try call.tensor(), call.node.name)
    let mask = try single(
      .expand(sizes(of: target)), [operand(of: call.tensor("mask"))], name + ".mask")
    let flat = try single(.flatten(start: 0, end: -1), [mask], name + ".flat")
    let counts = try single(.accumulate(.sum, dimension: 0), [flat], name + ".counts")
    let places = try single(.addScalar(-1), [counts], name + ".places")
    // Before the first place of the mask there is none, and the element is not taken.
    let indices = try single(
      .activation(.hardTanh(minimum: 0, maximum: .infinity)), [places], name + ".indices")
    let source = try single(
      .flatten(start: 0, end: -1), [operand(of: call.tensor("source"))], name + ".source")
    let taken = try single(.indexSelect(dimension: 0), [source, indices], name + ".taken")
    let elements = try single(.reshape(sizes(of: target)), [taken], name + ".elements")
    return try result(.choose, [mask, elements, operand(of: target)], call)
  }

  /// Replaces NaN by 0, and infinities by the largest numbers of the type, unless others are given.
  fileprivate mutating func finite(_ call: inout ProgramCall) throws(CheckpointError) -> [Result] {
    let largest = try meta(call.tensor()).type?.greatestFinite ?? .greatestFiniteMagnitude
    let replacements: [(Operation, Double)] = [
      (.unary(.isNaN), try call.number("nan", default: 0)),
      (.compareScalar(.equal, .infinity), call.number("posinf") ?? largest),
      (.compareScalar(.equal, -.infinity), call.number("neginf") ?? -largest),
    ]
    var operand = try operand(of: call.tensor())
    for (test, number) in replacements {
      let condition = try single(test, [operand], call.node.name + ".condition")
      let value = try single(.full([], number), [], call.node.name + ".number")
      operand = try single(.choose, [condition, value, operand], Self.name(of: call))
    }
    return [.new(operand)]
  }
}

extension ScalarType {
  /// The largest finite number of a type of floats.
  fileprivate var greatestFinite: Double? {
    switch self {
    case .float16: Double(Float16.greatestFiniteMagnitude)
    case .bfloat16: 0x1.FEp127
    case .float32: Double(Float.greatestFiniteMagnitude)
    case .float64: .greatestFiniteMagnitude
    default: nil
    }
  }
}
