package import DBNTensors

extension Operation {
  /// The logarithm of the softmax along a dimension.
  public static func logSoftmax(dimension: Int) -> Operation {
    Operation(LogSoftmax(dimension: dimension))
  }

  /// `torch.log_softmax`.
  package struct LogSoftmax: AlongDimension {
    package let dimension: Int

    package static var names: [String] { ["logSoftmax"] }

    package init(dimension: Int) {
      self.dimension = dimension
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      [try operands.required(0).softmax(along: dimension, logarithm: true)]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      GraphImporter.handlers(["log_softmax", "_log_softmax"]) {
        importer, call throws(CheckpointError) in
        call.ignore("dtype", "half_to_float")
        let dimension = try call.int("dim")
        return try importer.result(.logSoftmax(dimension: dimension), of: call.tensor(), call)
      }
    }
  }
}
