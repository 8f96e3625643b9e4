import DBNTensors

extension Operation.Einsum {
  package static var handlers: [String: GraphImporter.Handler] {
    [
      "einsum": { importer, call throws(CheckpointError) in
        call.ignore("path")
        var operands: [Graph.Operand] = []
        for name in try call.tensors("tensors") {
          operands.append(try importer.operand(of: name))
        }
        return try importer.result(.einsum(call.text("equation", default: "")), operands, call)
      },
      "bilinear": { importer, call throws(CheckpointError) in
        var operands: [Graph.Operand] = []
        for name in ["input1", "weight", "input2"] {
          operands.append(try importer.operand(of: call.tensor(name)))
        }
        let equation = Operation.einsum("...i,oij,...j->...o")
        guard let bias = try call.optionalTensor("bias") else {
          return try importer.result(equation, operands, call)
        }
        let products = try importer.single(equation, operands, call.node.name + ".products")
        return try importer.result(.add(scale: 1), [products, importer.operand(of: bias)], call)
      },
      "inner": { importer, call throws(CheckpointError) in
        let ranks = (
          try importer.meta(call.tensor()).rank, try importer.meta(call.tensor("other")).rank
        )
        return try importer.contraction(&call, [ranks.0 - 1], [ranks.1 - 1])
      },
      "tensordot": { importer, call throws(CheckpointError) in
        try importer.contraction(&call, call.ints("dims_self") ?? [], call.ints("dims_other") ?? [])
      },
    ]
  }
}

extension GraphImporter {
  /// The sum of products over some dimensions of each tensor, as an equation.
  fileprivate mutating func contraction(
    _ call: inout ProgramCall, _ first: [Int], _ second: [Int]
  ) throws(CheckpointError) -> [Result] {
    let (left, right) = (try call.tensor(), try call.tensor("other"))
    let (rank, other) = (try meta(left).rank, try meta(right).rank)
    let dimensions = (try dimensions(first, rank), try dimensions(second, other))
    let alphabet = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    guard first.count == second.count, rank + other <= alphabet.count else {
      throw .program("the dimensions of the two tensors do not match")
    }
    let own = alphabet.prefix(rank)
    var its = Array(alphabet[rank..<rank + other])
    for (mine, theirs) in zip(dimensions.0, dimensions.1) { its[theirs] = own[mine] }
    let result =
      own.indices.filter { !dimensions.0.contains($0) }.map { own[$0] }
      + its.indices.filter { !dimensions.1.contains($0) }.map { its[$0] }
    let equation = "\(String(own)),\(String(its))->\(String(result))"
    return try self.result(.einsum(equation), [operand(of: left), operand(of: right)], call)
  }
}
