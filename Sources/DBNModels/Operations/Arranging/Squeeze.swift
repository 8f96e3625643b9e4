package import DBNTensors

extension Operation {
  /// Removes those of the dimensions whose size is 1.
  public static func squeeze(dimensions: [Int]) -> Operation {
    Operation(Squeeze(dimensions: dimensions))
  }

  /// `torch.squeeze` with given dimensions.
  package struct Squeeze: Reshaping {
    let dimensions: [Int]

    package static var names: [String] { ["squeeze"] }

    init(dimensions: [Int]) {
      self.dimensions = dimensions
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      dimensions = try reader.ints("dimensions")
    }

    package var attributes: [JSON.Member] { [.init("dimensions", .ints(dimensions))] }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      let removed = try (dimensions.isEmpty ? [] : input.dimensions(dimensions))
        .filter { input[$0] == 1 }
      return (
        .squeeze(dimensions: removed),
        [input.indices.filter { !removed.contains($0) }.map { input[$0] }]
      )
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "squeeze": { importer, call throws(CheckpointError) in
          let name = try call.tensor()
          let meta = try importer.meta(name)
          let all = Array(0..<meta.rank)
          let given = try importer.dimensions(call.ints("dim") ?? all, meta.rank)
          let dimensions = given.filter { meta.shape[$0] == 1 }
          if dimensions.isEmpty { return [.same(name)] }
          return try importer.view(of: name, .squeeze(dimensions: dimensions))
        }
      ]
    }
  }
}
