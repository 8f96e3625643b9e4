import DBNTensors

extension GraphImporter {
  /// A view applied to a tensor.
  mutating func applied(
    _ view: TensorView, to whole: Graph.Operand, name: String
  ) throws(CheckpointError) -> Graph.Operand {
    try add(view.operation, [whole], name: name, count: view.parts)[view.part]
  }

  mutating func single(
    _ operation: Operation, _ operands: [Graph.Operand], _ name: String
  ) throws(CheckpointError) -> Graph.Operand {
    try add(operation, operands, name: name)[0]
  }

  /// The sizes of a program's tensor, as references that are resolved later.
  mutating func sizes(of name: String) throws(CheckpointError) -> [Size] {
    try sizes(of: operand(of: name), rank: meta(name).rank)
  }

  /// The sizes of a tensor's dimensions, as references that are resolved later.
  func sizes(of operand: Graph.Operand, rank: Int) throws(CheckpointError) -> [Size] {
    switch operand {
    case .value(let name): return (0..<rank).map { .dimension($0, of: name) }
    case .parameter(let key):
      guard let name = keys.filter({ $0.value == key }).keys.min() else { return [] }
      return try meta(name).shape.map { size throws(CheckpointError) in
        .fixed(try size.orProgramError("a size of the tensor `\(key)`"))
      }
    case .none: return []
    }
  }
}
