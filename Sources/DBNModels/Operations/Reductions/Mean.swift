package import DBNTensors

extension Operation {
  /// The mean over the dimensions, or over all if none are given.
  public static func mean(dimensions: [Int], keepsDimensions: Bool) -> Operation {
    Operation(Mean(dimensions: dimensions, keepsDimensions: keepsDimensions))
  }

  /// `torch.mean`.
  package struct Mean: Reduction {
    package let dimensions: [Int]
    package let keepsDimensions: Bool

    package static var names: [String] { ["mean"] }

    package init(dimensions: [Int], keepsDimensions: Bool) {
      self.dimensions = dimensions
      self.keepsDimensions = keepsDimensions
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
