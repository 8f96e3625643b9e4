import DBNTensors

extension Operation.Diagonal {
  package static var handlers: [String: GraphImporter.Handler] {
    [
      "diagonal": { importer, call throws(CheckpointError) in
        try importer.view(
          of: call.tensor(),
          .diagonal(
            offset: call.int("offset", default: 0), first: call.int("dim1", default: 0),
            second: call.int("dim2", default: 1)))
      },
      "diag": { importer, call throws(CheckpointError) in
        let offset = try call.int("diagonal", default: 0)
        guard try importer.meta(call.tensor()).rank == 2 else {
          return try importer.diagonalMatrix(&call, offset: offset)
        }
        return try importer.result(
          .diagonal(offset: offset, first: 0, second: 1), of: call.tensor(), call)
      },
      "diag_embed": { importer, call throws(CheckpointError) in
        guard try call.int("dim1", default: -2) == -2, try call.int("dim2", default: -1) == -1
        else { throw call.unsupported("a diagonal of dimensions other than the last") }
        return try importer.diagonalMatrix(&call, offset: call.int("offset", default: 0))
      },
      "trace": { importer, call throws(CheckpointError) in
        let diagonal = try importer.single(
          .diagonal(offset: 0, first: 0, second: 1), [importer.operand(of: call.tensor())],
          call.node.name + ".diagonal")
        return try importer.result(
          .sum(dimensions: [], keepsDimensions: false), [diagonal], call)
      },
    ]
  }
}

extension GraphImporter {
  /// Matrices with the elements of the last dimension on the main diagonal, and 0 elsewhere.
  fileprivate mutating func diagonalMatrix(
    _ call: inout ProgramCall, offset: Int
  ) throws(CheckpointError) -> [Result] {
    guard offset == 0 else { throw call.unsupported("a diagonal beside the main one") }
    let (name, node) = (try call.tensor(), call.node.name)
    guard let size = try sizes(of: name).last else { throw .program("there is no dimension") }
    let column = try single(.range(start: 0, end: size, step: 1), [], node + ".column")
    let row = try single(.unsqueeze(dimension: 1), [column], node + ".row")
    let isDiagonal = try single(.compare(.equal), [row, column], node + ".main")
    let apart = try single(.unsqueeze(dimension: -1), [operand(of: name)], node + ".apart")
    let zero = try single(.full([], 0), [], node + ".zero")
    return try result(.choose, [isDiagonal, apart, zero], call)
  }
}
