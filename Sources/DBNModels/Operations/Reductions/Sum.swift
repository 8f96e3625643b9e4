package import DBNTensors

extension Operation {
  /// The sum over the dimensions, or over all if none are given.
  public static func sum(dimensions: [Int], keepsDimensions: Bool) -> Operation {
    Operation(Sum(dimensions: dimensions, keepsDimensions: keepsDimensions))
  }

  /// `torch.sum`.
  package struct Sum: Reduction {
    package let dimensions: [Int]
    package let keepsDimensions: Bool

    package static var names: [String] { ["sum"] }

    package init(dimensions: [Int], keepsDimensions: Bool) {
      self.dimensions = dimensions
      self.keepsDimensions = keepsDimensions
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
