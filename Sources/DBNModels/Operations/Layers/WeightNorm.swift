package import DBNTensors

extension Operation {
  /// Operands: directions, and their lengths, one for each index of the dimension, or one for all
  /// if it is nil.
  public static func weightNorm(dimension: Int?) -> Operation {
    Operation(WeightNorm(dimension: dimension))
  }

  /// `torch.nn.utils.weight_norm`: the directions, scaled to the lengths by their Euclidean norm.
  package struct WeightNorm: GraphOperation {
    let dimension: Int?

    package static var names: [String] { ["weightNorm"] }

    init(dimension: Int?) {
      self.dimension = dimension
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      let isForAll = reader.json["dimension"] == .null
      self.init(dimension: isForAll ? nil : try reader.int("dimension"))
    }

    package var attributes: [JSON.Member] {
      [.init("dimension", dimension.map { .int($0) } ?? .null)]
    }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      let (directions, lengths) = (try operands.required(0), try operands.required(1))
      let axis = try dimension.map { index throws(CheckpointError) in
        try directions.dimension(index)
      }
      let count = axis.map { directions[$0] } ?? 1
      guard lengths.product == count else {
        throw .shape("there are not \(count) lengths for \(directions), but \(lengths)")
      }
      return (.weightNorm(dimension: axis), [directions])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let (directions, lengths) = (try operands.required(0), try operands.required(1))
      let others = directions.shape.indices.filter { $0 != dimension }
      let kept = directions.shape.reduced(others, keeps: true)
      let norms = directions.mapped { $0 * $0 }.summed(over: others, to: kept)
      let factors = lengths.reshaped(to: kept).combined(with: norms, to: kept) {
        $0 / $1.squareRoot()
      }
      return [directions.combined(with: factors, to: directions.shape, *)]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      [
        "_weight_norm": { importer, call throws(CheckpointError) in
          try importer.weightNorm(&call)
        },
        "_weight_norm_interface": { importer, call throws(CheckpointError) in
          try importer.weightNorm(&call) + [
            .missing("uses the norms of a weight, which the graph does not have")
          ]
        },
      ]
    }
  }
}

extension GraphImporter {
  fileprivate mutating func weightNorm(
    _ call: inout ProgramCall
  ) throws(CheckpointError) -> [Result] {
    // -1 stands for a norm over the whole tensor, and does not count from the end.
    let dimension = try call.int("dim", default: 0)
    return try result(
      .weightNorm(dimension: dimension == -1 ? nil : dimension),
      [operand(of: call.tensor("v")), operand(of: call.tensor("g"))], call)
  }
}
