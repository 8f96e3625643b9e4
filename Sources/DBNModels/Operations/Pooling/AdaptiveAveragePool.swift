package import DBNTensors

extension Operation {
  /// Operand: input [N, C, ...] or [C, ...]; `sizes` are the output's spatial sizes.
  public static func adaptiveAveragePool(_ sizes: [Int]) -> Operation {
    Operation(AdaptiveAveragePool(sizes))
  }

  /// `torch.nn.functional.adaptive_avg_pool2d` and its relatives.
  package struct AdaptiveAveragePool: AdaptivePooling {
    package let output: [Int]

    package static var names: [String] { ["adaptiveAveragePool"] }

    package init(_ output: [Int]) {
      self.output = output
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let pool = Pool(adaptive: try operands.required(0), rank: output.count, to: shapes[0])
      return [try pool.average()]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      GraphImporter.handlers(ofRanks: 1...3, { "adaptive_avg_pool\($0)d" }, handler)
        .merging(
          GraphImporter.handlers(ofRanks: 2...3, { "_adaptive_avg_pool\($0)d" }, handler)
        ) { first, _ in first }
    }

    private static func handler(rank: Int) -> GraphImporter.Handler {
      { importer, call throws(CheckpointError) in
        let sizes = try call.ints("output_size", count: rank)
        return try importer.result(.adaptiveAveragePool(sizes), of: call.tensor(), call)
      }
    }
  }
}
