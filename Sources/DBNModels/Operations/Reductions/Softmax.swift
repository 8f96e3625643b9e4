package import DBNTensors

extension Operation {
  /// The softmax along a dimension.
  public static func softmax(dimension: Int) -> Operation {
    Operation(Softmax(dimension: dimension))
  }

  /// `torch.softmax`.
  package struct Softmax: GraphOperation {
    let dimension: Int

    package static var names: [String] { ["softmax"] }

    init(dimension: Int) {
      self.dimension = dimension
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      dimension = try reader.int("dimension")
    }

    package var attributes: [JSON.Member] { [.init("dimension", .int(dimension))] }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let input = try operands.required(0)
      let place = input.isEmpty ? 0 : try input.dimension(dimension)
      return (.softmax(dimension: place), [input])
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
