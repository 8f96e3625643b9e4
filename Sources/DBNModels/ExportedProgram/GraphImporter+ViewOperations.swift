import DBNTensors

/// Operations whose results share elements with what they are given.
extension GraphImporter {
  static let viewHandlers: [String: Handler] = [
    "view": { importer, call throws(CheckpointError) in
      try importer.reshaped(&call, .reshape(importer.shape("size", &call)))
    },
    "reshape": { importer, call throws(CheckpointError) in
      try importer.reshaped(&call, .reshape(importer.shape("shape", &call)))
    },
    "flatten": { importer, call throws(CheckpointError) in
      let (start, end) = (
        try call.int("start_dim", default: 0), try call.int("end_dim", default: -1)
      )
      return try importer.reshaped(&call, .flatten(start: start, end: end))
    },
    "view_as": { importer, call throws(CheckpointError) in
      let other = try call.tensor("other")
      let sizes = try importer.sizes(
        of: importer.operand(of: other), rank: importer.meta(other).rank)
      return try importer.reshaped(&call, .reshape(sizes))
    },
    "unflatten": { importer, call throws(CheckpointError) in try importer.unflattened(&call) },
    "transpose": { importer, call throws(CheckpointError) in
      try importer.transposed(&call, call.int("dim0"), call.int("dim1"))
    },
    "t": { importer, call throws(CheckpointError) in
      let rank = try importer.meta(call.tensor()).rank
      return rank < 2
        ? [.same(try call.tensor())] : try importer.transposed(&call, 0, 1)
    },
    "mT": { importer, call throws(CheckpointError) in
      try importer.transposed(&call, -2, -1)
    },
    "permute": { importer, call throws(CheckpointError) in
      let name = try call.tensor()
      let rank = try importer.meta(name).rank
      let order = try importer.dimensions(call.ints("dims") ?? [], rank)
      return try importer.view(of: name, .permute(order))
    },
    "slice": { importer, call throws(CheckpointError) in
      let slice = try importer.slice(&call)
      return try importer.view(
        of: call.tensor(),
        .slice(dimension: slice.dimension, start: slice.start, end: slice.end, step: slice.step))
    },
    "narrow": { importer, call throws(CheckpointError) in
      let start = try importer.sizes("start", &call).orProgramError("`start`")[0]
      let length = try importer.sizes("length", &call).orProgramError("`length`")[0]
      let end: Size =
        if let start = start.number, let length = length.number {
          .fixed(start &+ length)
        } else {
          .computed(.sum, start, length)
        }
      return try importer.view(
        of: call.tensor(), .slice(dimension: call.int("dim"), start: start, end: end, step: 1))
    },
    "select": { importer, call throws(CheckpointError) in
      let operation = Operation.select(
        dimension: try call.int("dim"), index: try call.int("index"))
      return try importer.view(of: call.tensor(), operation)
    },
    "unbind": { importer, call throws(CheckpointError) in
      let (name, dimension) = (try call.tensor(), try call.int("dim", default: 0))
      var results: [Result] = []
      for index in call.node.outputs.flatMap(\.names).indices {
        results += try importer.view(of: name, .select(dimension: dimension, index: index))
      }
      return results
    },
    "expand": { importer, call throws(CheckpointError) in
      call.ignore("implicit")
      return try importer.view(of: call.tensor(), .expand(importer.shape("size", &call)))
    },
    "expand_as": { importer, call throws(CheckpointError) in
      let other = try call.tensor("other")
      let sizes = try importer.sizes(
        of: importer.operand(of: other), rank: importer.meta(other).rank)
      return try importer.view(of: call.tensor(), .expand(sizes))
    },
    "unsqueeze": { importer, call throws(CheckpointError) in
      try importer.view(of: call.tensor(), .unsqueeze(dimension: call.int("dim")))
    },
    "squeeze": { importer, call throws(CheckpointError) in
      let name = try call.tensor()
      let meta = try importer.meta(name)
      let given = try importer.dimensions(call.ints("dim") ?? Array(0..<meta.rank), meta.rank)
      let dimensions = given.filter { meta.shape[$0] == 1 }
      if dimensions.isEmpty { return [.same(name)] }
      return try importer.view(of: name, .squeeze(dimensions: dimensions))
    },
    "chunk": { importer, call throws(CheckpointError) in
      let operation = Operation.chunk(
        count: try call.int("chunks"), dimension: try call.int("dim", default: 0))
      return try importer.parts(call.tensor(), operation, call)
    },
    "split": { importer, call throws(CheckpointError) in
      call.ignore("split_size")
      return try importer.split(&call)
    },
    "split_with_sizes": { importer, call throws(CheckpointError) in
      call.ignore("split_sizes")
      return try importer.split(&call)
    },
    "detach": { importer, call throws(CheckpointError) in [.same(try call.tensor())] },
    "alias": { importer, call throws(CheckpointError) in [.same(try call.tensor())] },
    "lift_fresh": { importer, call throws(CheckpointError) in [.same(try call.tensor())] },
    "contiguous": { importer, call throws(CheckpointError) in
      call.ignore("memory_format")
      return try importer.sameUnlessMoved(&call)
    },
    "to": { importer, call throws(CheckpointError) in
      try importer.checkConversion(&call)
      return try importer.sameUnlessMoved(&call)
    },
    "dropout": { importer, call throws(CheckpointError) in
      try importer.dropout(&call, "input")
    },
    "feature_dropout": { importer, call throws(CheckpointError) in
      try importer.dropout(&call, "input")
    },
    "native_dropout": { importer, call throws(CheckpointError) in
      try importer.dropout(&call, "input")
        + [.missing("uses the mask of a dropout, which the graph does not have")]
    },
  ]

  func view(of name: String, _ operation: Operation) throws(CheckpointError) -> [Result] {
    [.view(of: name, TensorView(operation: operation, rank: try meta(name).rank))]
  }

  /// A view where PyTorch makes one, a copy where the elements lie in another order.
  private mutating func reshaped(
    _ call: inout ProgramCall, _ operation: Operation
  ) throws(CheckpointError) -> [Result] {
    let name = try call.tensor()
    let output = try meta(call.node.outputs.flatMap(\.names).first ?? "")
    guard try meta(name).canBeViewed(as: output) else {
      return try result(operation, of: name, call)
    }
    return try view(of: name, operation)
  }

  private mutating func unflattened(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let name = try call.tensor()
    let rank = try meta(name).rank
    let dimension = try dimensions([call.int("dim")], rank)[0]
    var sizes = try sizes(of: operand(of: name), rank: rank)
    sizes.replaceSubrange(dimension...dimension, with: try shape("sizes", &call))
    return try view(of: name, .reshape(sizes))
  }

  private func transposed(
    _ call: inout ProgramCall, _ first: Int, _ second: Int
  ) throws(CheckpointError) -> [Result] {
    let name = try call.tensor()
    let rank = try meta(name).rank
    let places = try dimensions([first, second], rank)
    var order = Array(0..<rank)
    order.swapAt(places[0], places[1])
    return try view(of: name, .permute(order))
  }

  /// Dimensions counted from the front.
  private func dimensions(_ dimensions: [Int], _ rank: Int) throws(CheckpointError) -> [Int] {
    try dimensions.map { dimension throws(CheckpointError) in
      let place = dimension < 0 ? dimension + rank : dimension
      guard 0..<rank ~= place else { throw .program("there is no dimension \(dimension)") }
      return place
    }
  }

  private func parts(
    _ name: String, _ operation: Operation, _ call: ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let (count, rank) = (call.node.outputs.flatMap(\.names).count, try meta(name).rank)
    return (0..<count).map {
      .view(of: name, TensorView(operation: operation, part: $0, parts: count, rank: rank))
    }
  }

  /// The sizes are those of the results, which must be known when the program is made.
  private func split(_ call: inout ProgramCall) throws(CheckpointError) -> [Result] {
    let name = try call.tensor()
    let dimension = try dimensions([call.int("dim", default: 0)], meta(name).rank)[0]
    let sizes = try call.node.outputs.flatMap(\.names).map { output throws(CheckpointError) in
      let shape = try meta(output).shape
      guard shape.indices.contains(dimension), let size = shape[dimension] else {
        throw call.unsupported("a split into parts of changing sizes")
      }
      return size
    }
    return try parts(name, .split(sizes: sizes, dimension: dimension), call)
  }

  private mutating func sameUnlessMoved(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let name = try call.tensor()
    let (before, after) = (
      try meta(name), try meta(call.node.outputs.flatMap(\.names).first ?? "")
    )
    if before.exampleStrides == after.exampleStrides && before.scalarType == after.scalarType {
      return [.same(name)]
    }
    return try result(.identity, of: name, call)
  }

  private mutating func dropout(
    _ call: inout ProgramCall, _ input: String
  ) throws(CheckpointError) -> [Result] {
    var given = try call.optionalTensor(input)
    if given == nil { given = try call.tensor() }
    let name = try given.orProgramError("the input")
    let probability = try call.number("p", default: 0.5)
    if try call.bool("train", default: false) && probability > 0 {
      note("dropout is left out: a forward pass draws no random numbers, in training neither")
    }
    return [.same(name)]
  }
}
