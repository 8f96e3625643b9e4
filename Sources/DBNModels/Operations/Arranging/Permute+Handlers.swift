import DBNTensors

extension Operation.Permute {
  package static var handlers: [String: GraphImporter.Handler] {
    [
      "transpose": swap("dim0", "dim1"), "swapdims": swap("dim0", "dim1"),
      "swapaxes": swap("axis0", "axis1"), "movedim": move,
      "t": { importer, call throws(CheckpointError) in
        let rank = try importer.meta(call.tensor()).rank
        return rank < 2 ? [.same(try call.tensor())] : try importer.transposed(&call, 0, 1)
      },
      "mT": { importer, call throws(CheckpointError) in
        try importer.transposed(&call, -2, -1)
      },
      "numpy_T": { importer, call throws(CheckpointError) in
        let rank = try importer.meta(call.tensor()).rank
        return try importer.view(of: call.tensor(), .permute((0..<rank).reversed()))
      },
      "permute": { importer, call throws(CheckpointError) in
        let name = try call.tensor()
        let rank = try importer.meta(name).rank
        let order = try importer.dimensions(call.ints("dims") ?? [], rank)
        return try importer.view(of: name, .permute(order))
      },
    ]
  }

  private static func swap(_ first: String, _ second: String) -> GraphImporter.Handler {
    { importer, call throws(CheckpointError) in
      try importer.transposed(&call, call.int(first), call.int(second))
    }
  }

  private static let move: GraphImporter.Handler = { importer, call throws(CheckpointError) in
    try importer.moved(&call)
  }
}

extension GraphImporter {
  fileprivate func transposed(
    _ call: inout ProgramCall, _ first: Int, _ second: Int
  ) throws(CheckpointError) -> [Result] {
    let name = try call.tensor()
    let rank = try meta(name).rank
    let axes = try dimensions([first, second], rank)
    var order = Array(0..<rank)
    order.swapAt(axes[0], axes[1])
    return try view(of: name, .permute(order))
  }

  /// Moves dimensions to other positions; the others keep their order.
  fileprivate func moved(_ call: inout ProgramCall) throws(CheckpointError) -> [Result] {
    let name = try call.tensor()
    let rank = try meta(name).rank
    let sources = try dimensions(call.ints("source") ?? [], rank)
    let targets = try dimensions(call.ints("destination") ?? [], rank)
    guard sources.count == targets.count, Set(sources).count == sources.count,
      Set(targets).count == targets.count
    else { throw .program("the dimensions that are moved and their positions do not match") }
    var order = (0..<rank).filter { !sources.contains($0) }
    for (target, source) in zip(targets, sources).sorted(by: { $0.0 < $1.0 }) {
      order.insert(source, at: target)
    }
    return try view(of: name, .permute(order))
  }
}
