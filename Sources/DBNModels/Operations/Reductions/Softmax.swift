package import DBNTensors

extension Operation {
  /// The softmax along a dimension.
  public static func softmax(dimension: Int) -> Operation {
    Operation(Softmax(dimension: dimension))
  }

  /// `torch.softmax`.
  package struct Softmax: AlongDimension {
    package let dimension: Int

    package static var names: [String] { ["softmax"] }

    package init(dimension: Int) {
      self.dimension = dimension
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      [try operands.required(0).softmax(along: dimension, logarithm: false)]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      GraphImporter.handlers(["softmax", "_softmax"]) { importer, call throws(CheckpointError) in
        call.ignore("dtype", "half_to_float")
        let dimension = try call.int("dim")
        return try importer.result(.softmax(dimension: dimension), of: call.tensor(), call)
      }
    }
  }
}
