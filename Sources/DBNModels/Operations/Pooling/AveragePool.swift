package import DBNTensors

extension Operation {
  /// Operand: input [N, C, ...] or [C, ...].
  public static func averagePool(_ pooling: Pooling) -> Operation {
    Operation(AveragePool(pooling))
  }

  /// `torch.nn.functional.avg_pool2d` and its relatives.
  package struct AveragePool: GraphOperation {
    package let pooling: Pooling

    package static var names: [String] { ["averagePool"] }

    init(_ pooling: Pooling) {
      self.pooling = pooling
    }

    package init(_ reader: GraphReader) throws(CheckpointError) { pooling = try Pooling(reader) }

    package var attributes: [JSON.Member] { pooling.attributes }

    package func sized(for operands: OperandShapes) throws(CheckpointError) -> Sized {
      (Operation(self), [try pooling.output(of: operands.required(0))])
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let pool = Pool(pooling, try operands.required(0), to: shapes[0])
      return [
        try pool.average(countsPadding: pooling.countsPadding, divisor: pooling.divisor)
      ]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      GraphImporter.handlers(ofRanks: 1...3, { "avg_pool\($0)d" }, handler)
    }

    private static func handler(rank: Int) -> GraphImporter.Handler {
      { importer, call throws(CheckpointError) in
        var pooling = try Pooling(&call, rank: rank)
        pooling.countsPadding = try call.bool("count_include_pad", default: true)
        pooling.divisor = call.number("divisor_override").flatMap { Int(exactly: $0) }
        return try importer.result(.averagePool(pooling), of: call.tensor(), call)
      }
    }
  }
}
