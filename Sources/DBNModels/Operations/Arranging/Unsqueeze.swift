package import DBNTensors

extension Operation {
  /// Inserts a dimension of size 1.
  public static func unsqueeze(dimension: Int) -> Operation {
    Operation(Unsqueeze(dimension: dimension))
  }

  /// `torch.unsqueeze`.
  package struct Unsqueeze: Reshaping {
    let dimension: Int

    package static var names: [String] { ["unsqueeze"] }

    init(dimension: Int) {
      self.dimension = dimension
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      dimension = try reader.int("dimension")
    }

    package var attributes: [JSON.Member] { [.init("dimension", .int(dimension))] }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      let axis = try (input + [1]).dimension(dimension)
      return (.unsqueeze(dimension: axis), [Array(input[..<axis] + [1] + input[axis...])])
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "unsqueeze": { importer, call throws(CheckpointError) in
          try importer.view(of: call.tensor(), .unsqueeze(dimension: call.int("dim")))
        }
      ]
    }
  }
}
