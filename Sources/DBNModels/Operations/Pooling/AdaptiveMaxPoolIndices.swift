package import DBNTensors

extension Operation {
  /// Operand: input [N, C, ...] or [C, ...]. The index of each window's largest element in
  /// its channel, as if that had one dimension; `sizes` are the output's spatial sizes.
  public static func adaptiveMaxPoolIndices(_ sizes: [Int]) -> Operation {
    Operation(AdaptiveMaxPoolIndices(sizes))
  }

  /// The second output of `torch.nn.functional.adaptive_max_pool2d` with `return_indices`.
  package struct AdaptiveMaxPoolIndices: AdaptivePooling {
    package let output: [Int]

    package static var names: [String] { ["adaptiveMaxPoolIndices"] }

    package init(_ output: [Int]) {
      self.output = output
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      let pool = Pool(adaptive: try operands.required(0), rank: output.count, to: shapes[0])
      return [try pool.maximumIndices()]
    }
  }
}
