import DBNTensors

extension GraphImporter {
  /// The view of a tensor.
  mutating func applied(
    _ view: TensorView, to whole: Graph.Operand, name: String
  ) throws(CheckpointError) -> Graph.Operand {
    try add(view.operation, [whole], name: name, count: view.parts)[view.part]
  }

  /// The tensor with new elements where the view is.
  mutating func replaced(
    _ view: TensorView, of whole: Graph.Operand, with part: Graph.Operand, name: String
  ) throws(CheckpointError) -> Graph.Operand {
    switch view.operation {
    case .reshape, .flatten, .squeeze, .unsqueeze:
      return try single(.reshape(sizes(of: whole, rank: view.rank)), [part], name)
    case .permute(let order):
      return try single(.permute(Self.inverse(order)), [part], name)
    case .slice(let dimension, let start, let end, let step):
      let scatter = Operation.sliceScatter(
        dimension: dimension, start: start, end: end, step: step)
      return try single(scatter, [whole, part], name)
    case .select(let dimension, let index):
      return try single(.selectScatter(dimension: dimension, index: index), [whole, part], name)
    case .chunk(_, let dimension), .split(_, let dimension):
      var parts = try add(view.operation, [whole], name: name, count: view.parts)
      parts[view.part] = part
      return try single(.concatenate(dimension: dimension), parts, name)
    default:
      throw CheckpointError(
        .unsupportedOperation, "changes elements that stand in several places of a tensor",
        advice: "export the model without the in-place operation")
    }
  }

  mutating func single(
    _ operation: Operation, _ operands: [Graph.Operand], _ name: String
  ) throws(CheckpointError) -> Graph.Operand {
    try add(operation, operands, name: name)[0]
  }

  /// The sizes of a tensor's dimensions, whatever they will be.
  func sizes(of operand: Graph.Operand, rank: Int) throws(CheckpointError) -> [Size] {
    switch operand {
    case .value(let name): return (0..<rank).map { .dimension($0, of: name) }
    case .parameter(let key):
      guard let name = keys.first(where: { $0.value == key })?.key else { return [] }
      return try meta(name).shape.map { size throws(CheckpointError) in
        .fixed(try size.orProgramError("a size of the tensor `\(key)`"))
      }
    case .none: return []
    }
  }

  private static func inverse(_ order: [Int]) -> [Int] {
    var inverse = order
    for (index, place) in order.enumerated() where inverse.indices.contains(place) {
      inverse[place] = index
    }
    return inverse
  }
}
