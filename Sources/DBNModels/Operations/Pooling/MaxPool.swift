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
      GraphImporter.handlers(ofRanks: 1...3, { "max_pool\($0)d" }) { rank in
        { importer, call throws(CheckpointError) in
          let pooling = try Pooling(maximum: &call, rank: rank)
          return try importer.result(.maxPool(pooling), of: call.tensor(), call)
        }
      }
    }
  }
}

extension Operation.Pooling {
  /// Reads the windows from a call of ATen for the largest elements.
  init(maximum call: inout ProgramCall, rank: Int) throws(CheckpointError) {
    try self.init(&call, rank: rank)
    dilation = try call.ints("dilation", count: rank, default: 1)
  }
}
