import DBNTensors

extension Operation.Scatter {
  package static var handlers: [String: GraphImporter.Handler] {
    [
      "scatter": { importer, call throws(CheckpointError) in
        let meeting = try call.meeting("reduce", default: .last)
        return try importer.scatter(&call, meeting)
      },
      "scatter_add": { importer, call throws(CheckpointError) in
        try importer.scatter(&call, .sum)
      },
      "scatter_reduce": { importer, call throws(CheckpointError) in
        let meeting = try call.meeting("reduce", default: .last)
        let includesTarget = try call.bool("include_self", default: true)
        return try importer.scatter(&call, meeting, includesTarget: includesTarget)
      },
      "index_add": { importer, call throws(CheckpointError) in
        let alpha = try call.number("alpha", default: 1)
        var source = try importer.operand(of: call.tensor("source"))
        if alpha != 1 {
          source = try importer.single(
            .multiplyScalar(alpha), [source], call.node.name + ".source")
        }
        return try importer.scatter(source, call.tensor("source"), &call, .sum)
      },
      "index_copy": { importer, call throws(CheckpointError) in
        let source = try importer.operand(of: call.tensor("source"))
        return try importer.scatter(source, call.tensor("source"), &call, .last)
      },
      "index_reduce": { importer, call throws(CheckpointError) in
        let meeting = try call.meeting("reduce", default: .last)
        let includesTarget = try call.bool("include_self", default: true)
        let source = try importer.operand(of: call.tensor("source"))
        return try importer.scatter(
          source, call.tensor("source"), &call, meeting, includesTarget: includesTarget)
      },
    ]
  }
}

extension GraphImporter {
  fileprivate mutating func scatter(
    _ call: inout ProgramCall, _ meeting: Operation.ScatterMeeting, includesTarget: Bool = true
  ) throws(CheckpointError) -> [Result] {
    let index = try call.tensor("index")
    var operands = [try operand(of: call.tensor()), try operand(of: index)]
    if call.number("value") != nil {
      let number = try numberOrTensor("value", &call)
      operands.append(
        try single(.expand(sizes(of: index)), [number], call.node.name + ".source"))
    } else {
      operands.append(try operand(of: call.tensor("src")))
    }
    let operation = Operation.scatter(
      dimension: try call.int("dim"), meeting, includesTarget: includesTarget)
    return try result(operation, operands, call)
  }

  /// Scatters slices: one index for each slice of the source along the dimension.
  fileprivate mutating func scatter(
    _ source: Graph.Operand, _ sourceName: String, _ call: inout ProgramCall,
    _ meeting: Operation.ScatterMeeting, includesTarget: Bool = true
  ) throws(CheckpointError) -> [Result] {
    let name = try call.tensor()
    let rank = try meta(name).rank
    let axis = try dimensions([call.int("dim")], rank)[0]
    // [K] as [1, ..., K, ..., 1], then as the source.
    let flat = (0..<rank).map { $0 == axis ? Size.inferred : 1 }
    let line = try single(
      .reshape(flat), [operand(of: call.tensor("index"))], call.node.name + ".line")
    let index = try single(.expand(sizes(of: sourceName)), [line], call.node.name + ".index")
    let operation = Operation.scatter(
      dimension: axis, meeting, includesTarget: includesTarget)
    return try result(operation, [operand(of: name), index, source], call)
  }
}

extension ProgramCall {
  fileprivate mutating func meeting(
    _ name: String, default value: Operation.ScatterMeeting
  ) throws(CheckpointError) -> Operation.ScatterMeeting {
    let meetings: [String: Operation.ScatterMeeting] = [
      "": value, "add": .sum, "sum": .sum, "multiply": .product, "prod": .product,
      "mean": .mean, "amax": .largest, "amin": .smallest,
    ]
    let text = try text(name, default: "")
    guard let meeting = meetings[text] else { throw unsupported("the reduction \(text)") }
    return meeting
  }
}
