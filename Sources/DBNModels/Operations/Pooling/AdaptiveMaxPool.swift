package import DBNTensors

extension Operation {
  /// Operand: input [N, C, ...] or [C, ...]. The largest element of each window; `sizes` are the output's spatial sizes.
  public static func adaptiveMaxPool(_ sizes: [Int]) -> Operation {
    Operation(AdaptiveMaxPool(sizes))
  }

  /// `torch.nn.functional.adaptive_max_pool2d` and its relatives.
  package struct AdaptiveMaxPool: AdaptivePooling {
    package let output: [Int]

    package static var names: [String] { ["adaptiveMaxPool"] }

    package init(_ output: [Int]) {
      self.output = output
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let pool = Pool(adaptive: try operands.required(0), rank: output.count, to: shapes[0])
      return [try pool.maximum()]
    }

    package static var handlers: [String: GraphImporter.Handler] {
      GraphImporter.handlers(ofRanks: 1...3, { "adaptive_max_pool\($0)d" }) { rank in
        { importer, call throws(CheckpointError) in
          let sizes = try call.ints("output_size", count: rank)
          return try importer.maximum(
            .adaptiveMaxPool(sizes), indices: .adaptiveMaxPoolIndices(sizes), &call)
        }
      }
    }
  }
}
