package import DBNTensors

extension Operation {
  /// The mean over the dimensions, or over all if none are given.
  public static func mean(dimensions: [Int], keepsDimensions: Bool) -> Operation {
    Operation(Mean(dimensions: dimensions, keepsDimensions: keepsDimensions))
  }

  /// `torch.mean`.
  package struct Mean: GraphOperation {
    package let dimensions: [Int]
    let keepsDimensions: Bool

    package static var names: [String] { ["mean"] }

    init(dimensions: [Int], keepsDimensions: Bool) {
      self.dimensions = dimensions
      self.keepsDimensions = keepsDimensions
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      self.init(
        dimensions: try reader.ints("dimensions"), keepsDimensions: try reader.bool("keeps"))
    }

    package var attributes: [JSON.Member] {
      [.init("dimensions", .ints(dimensions)), .init("keeps", .bool(keepsDimensions))]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      let over = try input.dimensions(dimensions)
      return (
        .mean(dimensions: over, keepsDimensions: keepsDimensions),
        [input.reduced(over, keeps: keepsDimensions)]
      )
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      [try operands.required(0).averaged(over: dimensions, to: shapes[0])]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "mean": { importer, call throws(CheckpointError) in
          try importer.reduction(&call) { .mean(dimensions: $0, keepsDimensions: $1) }
        }
      ]
    }
  }
}
