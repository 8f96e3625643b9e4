import DBNTensors

extension Operation.NumberRange {
  package static var handlers: [String: GraphImporter.Handler] {
    [
      "arange": { importer, call throws(CheckpointError) in
        call.ignoreTensorOptions()
        return try importer.range(&call)
      },
      "eye": { importer, call throws(CheckpointError) in
        call.ignoreTensorOptions()
        return try importer.identityMatrix(&call)
      },
      "one_hot": { importer, call throws(CheckpointError) in try importer.oneHot(&call) },
      "meshgrid": { importer, call throws(CheckpointError) in try importer.meshgrid(&call) },
    ]
  }
}

extension GraphImporter {
  fileprivate mutating func range(_ call: inout ProgramCall) throws(CheckpointError) -> [Result] {
    var step = call
    if ["start", "end", "step"].contains(where: call.isFloat) || step.number("step") ?? 1 < 0 {
      return try anyRange(&call)
    }
    let operation = Operation.range(
      start: try sizes("start", &call)?.first ?? 0,
      end: try sizes("end", &call).orProgramError("`end`")[0],
      step: try call.int("step", default: 1))
    return try result(operation, [], call)
  }

  /// A range of any numbers, in any direction: one of integers, scaled and shifted.
  private mutating func anyRange(_ call: inout ProgramCall) throws(CheckpointError) -> [Result] {
    let (start, step) = (
      try call.number("start", default: 0), try call.number("step", default: 1)
    )
    let count = ((try call.number("end", default: 0) - start) / step).rounded(.up)
    guard let count = Int(exactly: count), count >= 0 else {
      throw .program("the range has no number of elements")
    }
    let name = call.node.name
    let integers = try single(
      .range(start: 0, end: .fixed(count), step: 1), [], name + ".integers")
    let scaled = try single(.multiplyScalar(step), [integers], name + ".scaled")
    return try result(.addScalar(start), [scaled], call)
  }

  /// The indices of rows compared with those of columns.
  fileprivate mutating func identityMatrix(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let rows = try sizes("n", &call).orProgramError("`n`")[0]
    let columns = try sizes("m", &call)?.first ?? rows
    let name = call.node.name
    let row = try single(.range(start: 0, end: rows, step: 1), [], name + ".rows")
    let column = try single(.range(start: 0, end: columns, step: 1), [], name + ".columns")
    let tall = try single(.unsqueeze(dimension: 1), [row], name + ".tall")
    return try result(.compare(.equal), [tall, column], call)
  }

  fileprivate mutating func oneHot(_ call: inout ProgramCall) throws(CheckpointError) -> [Result] {
    guard let count = try sizes("num_classes", &call)?.first, count != .fixed(-1) else {
      throw call.unsupported("a number of classes that depends on numbers")
    }
    let name = call.node.name
    let classes = try single(.range(start: 0, end: count, step: 1), [], name + ".classes")
    let apart = try single(
      .unsqueeze(dimension: -1), [operand(of: call.tensor())], name + ".apart")
    return try result(.compare(.equal), [apart, classes], call)
  }

  /// Reads `torch.meshgrid`: each tensor along a dimension of its own, expanded along the others.
  fileprivate mutating func meshgrid(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let names = try call.tensors("tensors")
    var order = Array(names.indices)
    if try call.text("indexing", default: "ij") == "xy", order.count >= 2 { order.swapAt(0, 1) }
    var lines: [Graph.Operand] = []
    for name in names {
      lines.append(try single(.reshape([.inferred]), [operand(of: name)], name + ".line"))
    }
    let sizes = try order.map { index throws(CheckpointError) in
      try self.sizes(of: lines[index], rank: 1)[0]
    }
    var results: [Result] = []
    for (index, line) in lines.enumerated() {
      let shape = order.map { $0 == index ? Size.inferred : 1 }
      let apart = try single(.reshape(shape), [line], call.node.name + ".apart")
      results += try result(.expand(sizes), [apart], call)
    }
    return results
  }
}
