package import DBNTensors

extension Operation {
  /// The sum over the dimensions, or over all if none are given.
  public static func sum(dimensions: [Int], keepsDimensions: Bool) -> Operation {
    Operation(Sum(dimensions: dimensions, keepsDimensions: keepsDimensions))
  }

  /// `torch.sum`.
  package struct Sum: GraphOperation {
    package let dimensions: [Int]
    let keepsDimensions: Bool

    package static var names: [String] { ["sum"] }

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
        .sum(dimensions: over, keepsDimensions: keepsDimensions),
        [input.reduced(over, keeps: keepsDimensions)]
      )
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      [try operands.required(0).summed(over: dimensions, to: shapes[0])]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "sum": { importer, call throws(CheckpointError) in
          try importer.reduction(&call) { .sum(dimensions: $0, keepsDimensions: $1) }
        }
      ]
    }
  }
}
