package import DBNTensors

extension Operation {
  /// Operand: input [N, C, ...] or [C, ...].
  public static func maxPool(_ pooling: Pooling) -> Operation { Operation(MaxPool(pooling)) }

  /// `torch.nn.functional.max_pool2d` and its relatives.
  package struct MaxPool: GraphOperation {
    package let pooling: Pooling

    package static var names: [String] { ["maxPool"] }

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
      [try Pool(pooling, operands.required(0), to: shapes[0]).maximum()]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      GraphImporter.handlers(ofRanks: 1...3, { "max_pool\($0)d" }, handler)
        .merging(
          GraphImporter.handlers(
            ofRanks: 2...3, { "max_pool\($0)d_with_indices" }, handlerWithIndices)
        ) { first, _ in first }
    }

    private static func handler(rank: Int) -> GraphImporter.Handler {
      { importer, call throws(CheckpointError) in try importer.maxPool(&call, rank) }
    }

    private static func handlerWithIndices(rank: Int) -> GraphImporter.Handler {
      { importer, call throws(CheckpointError) in
        try importer.maxPool(&call, rank) + [.missing(indices)]
      }
    }

    private static let indices =
      "uses the indices of the largest elements, which the graph does not have"
  }
}

extension GraphImporter {
  fileprivate mutating func maxPool(
    _ call: inout ProgramCall, _ rank: Int
  ) throws(CheckpointError) -> [Result] {
    var pooling = try Operation.Pooling(&call, rank: rank)
    pooling.dilation = try call.ints("dilation", count: rank, default: 1)
    return try result(.maxPool(pooling), of: call.tensor(), call)
  }
}
