import DBNTensors

/// Distances of vectors, by norms.
extension Operation.Reduce {
  static let distances: [String: GraphImporter.Handler] = [
    "pairwise_distance": { importer, call throws(CheckpointError) in
      let norm = ReductionFunction.norm(order: try call.number("p", default: 2))
      let keeps = try call.bool("keepdim", default: false)
      let difference = try importer.difference("x1", "x2", &call)
      let shifted = try importer.single(
        .addScalar(call.number("eps", default: 1e-6)), [difference], call.node.name + ".shifted")
      return try importer.result(
        .reduce(norm, dimensions: [-1], keepsDimensions: keeps), [shifted], call)
    },
    "dist": { importer, call throws(CheckpointError) in
      let norm = ReductionFunction.norm(order: try call.number("p", default: 2))
      let difference = try importer.difference("self", "other", &call)
      return try importer.result(
        .reduce(norm, dimensions: [], keepsDimensions: false), [difference], call)
    },
    "cdist": { importer, call throws(CheckpointError) in
      call.ignore("compute_mode")
      let norm = ReductionFunction.norm(order: try call.number("p", default: 2))
      let (first, second) = (
        try importer.operand(of: call.tensor("x1")), try importer.operand(of: call.tensor("x2"))
      )
      let rows = try importer.single(.unsqueeze(dimension: -2), [first], call.node.name + ".rows")
      let columns = try importer.single(
        .unsqueeze(dimension: -3), [second], call.node.name + ".columns")
      let difference = try importer.single(
        .add(scale: -1), [rows, columns], call.node.name + ".difference")
      return try importer.result(
        .reduce(norm, dimensions: [-1], keepsDimensions: false), [difference], call)
    },
    "cosine_similarity": { importer, call throws(CheckpointError) in
      try importer.cosineSimilarity(&call)
    },
  ]
}

extension GraphImporter {
  fileprivate mutating func difference(
    _ first: String, _ second: String, _ call: inout ProgramCall
  ) throws(CheckpointError) -> Graph.Operand {
    let operands = [try operand(of: call.tensor(first)), try operand(of: call.tensor(second))]
    return try single(.add(scale: -1), operands, call.node.name + ".difference")
  }

  /// The sum of products of vectors, each divided by its norm, or by epsilon if that is larger.
  fileprivate mutating func cosineSimilarity(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    let (dimension, eps) = (
      try call.int("dim", default: 1), try call.number("eps", default: 1e-8)
    )
    var unit: [Graph.Operand] = []
    for name in ["x1", "x2"] {
      let vector = try operand(of: call.tensor(name))
      let norm = try single(
        .reduce(.norm(order: 2), dimensions: [dimension], keepsDimensions: true), [vector],
        call.node.name + ".norm")
      let divisor = try single(
        .activation(.hardTanh(minimum: eps, maximum: .infinity)), [norm],
        call.node.name + ".divisor")
      unit.append(try single(.divide, [vector, divisor], call.node.name + ".unit"))
    }
    let products = try single(.multiply, unit, call.node.name + ".products")
    return try result(
      .sum(dimensions: [dimension], keepsDimensions: false), [products], call)
  }
}
