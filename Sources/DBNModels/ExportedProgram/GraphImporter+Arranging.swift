import DBNTensors

/// Operations that make tensors with elements of their own out of others' elements.
extension GraphImporter {
  static let arrangingHandlers: [String: Handler] = [
    "cat": { importer, call throws(CheckpointError) in try importer.concatenation(&call) },
    "concat": { importer, call throws(CheckpointError) in try importer.concatenation(&call) },
    "concatenate": { importer, call throws(CheckpointError) in
      try importer.concatenation(&call)
    },
    "stack": { importer, call throws(CheckpointError) in try importer.stack(&call) },
    "clone": { importer, call throws(CheckpointError) in
      call.ignore("memory_format")
      return try importer.result(.identity, of: call.tensor(), call)
    },
    "lift_fresh_copy": { importer, call throws(CheckpointError) in
      try importer.result(.identity, of: call.tensor(), call)
    },
    "copy": { importer, call throws(CheckpointError) in
      call.ignore("non_blocking")
      let (target, source) = (try call.tensor(), try call.tensor("src"))
      let sizes = try importer.sizes(
        of: importer.operand(of: target), rank: importer.meta(target).rank)
      return try importer.result(.expand(sizes), of: source, call)
    },
    "_unsafe_view": { importer, call throws(CheckpointError) in
      try importer.result(.reshape(importer.shape("size", &call)), of: call.tensor(), call)
    },
    "_to_copy": { importer, call throws(CheckpointError) in
      try importer.checkConversion(&call)
      return try importer.result(.identity, of: call.tensor(), call)
    },
    "slice_scatter": { importer, call throws(CheckpointError) in
      let operands = [
        try importer.operand(of: call.tensor()), try importer.operand(of: call.tensor("src")),
      ]
      let slice = try importer.slice(&call)
      let scatter = Operation.sliceScatter(
        dimension: slice.dimension, start: slice.start, end: slice.end, step: slice.step)
      return try importer.result(scatter, operands, call)
    },
    "select_scatter": { importer, call throws(CheckpointError) in
      let operands = [
        try importer.operand(of: call.tensor()), try importer.operand(of: call.tensor("src")),
      ]
      let scatter = Operation.selectScatter(
        dimension: try call.int("dim"), index: try call.int("index"))
      return try importer.result(scatter, operands, call)
    },
    "constant_pad_nd": { importer, call throws(CheckpointError) in try importer.pad(&call) },
    "pad": { importer, call throws(CheckpointError) in
      guard try call.text("mode", default: "constant") == "constant" else {
        throw call.unsupported("a mode of padding other than a constant")
      }
      return try importer.pad(&call)
    },
  ]

  private mutating func concatenation(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    var operands: [Graph.Operand] = []
    for name in try call.tensors("tensors") { operands.append(try operand(of: name)) }
    return try result(.concatenate(dimension: call.int("dim", default: 0)), operands, call)
  }

  private mutating func stack(_ call: inout ProgramCall) throws(CheckpointError) -> [Result] {
    let dimension = try call.int("dim", default: 0)
    var operands: [Graph.Operand] = []
    for name in try call.tensors("tensors") {
      let part = try operand(of: name)
      operands.append(
        try single(.unsqueeze(dimension: dimension), [part], call.node.name + ".part"))
    }
    return try result(.concatenate(dimension: dimension), operands, call)
  }

  /// PyTorch lists pairs from the last dimension on; the graph, the last dimensions in order.
  private mutating func pad(_ call: inout ProgramCall) throws(CheckpointError) -> [Result] {
    let sizes = try sizes("pad", &call).orProgramError("`pad`")
    guard sizes.count % 2 == 0 else { throw .program("`pad` has an odd number of sizes") }
    let pairs = stride(from: 0, to: sizes.count, by: 2).map { (sizes[$0], sizes[$0 + 1]) }
    let operation = Operation.pad(
      before: pairs.reversed().map(\.0), after: pairs.reversed().map(\.1),
      value: try call.number("value", default: 0))
    return try result(operation, of: call.tensor(), call)
  }

  /// Conversions from one type of floats to another change nothing here: all is computed in the
  /// engine's own. Those that lose more are not known.
  func checkConversion(_ call: inout ProgramCall) throws(CheckpointError) {
    let input = try meta(call.tensor())
    let output = try meta(call.node.outputs.flatMap(\.names).first ?? "")
    guard !output.isIntegral || input.isIntegral else {
      throw call.unsupported("a conversion to integers")
    }
    call.ignoreTensorOptions()
    call.ignore("non_blocking", "copy", "other")
  }

  typealias Slice = (dimension: Int, start: Size, end: Size, step: Int)

  func slice(_ call: inout ProgramCall) throws(CheckpointError) -> Slice {
    (
      try call.int("dim", default: 0), try sizes("start", &call)?.first ?? 0,
      try sizes("end", &call)?.first ?? .fixed(.max), try call.int("step", default: 1)
    )
  }
}
