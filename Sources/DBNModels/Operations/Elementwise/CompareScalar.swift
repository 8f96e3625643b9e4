package import DBNTensors

extension Operation {
  /// Operand: a tensor. The result is 1 where its comparison with the number holds, else 0.
  public static func compareScalar(_ comparison: Comparison, _ number: Double) -> Operation {
    Operation(CompareScalar(comparison: comparison, number: number))
  }

  /// `torch.eq` and its relatives, of a tensor and a number; ATen's calls are read by `Compare`.
  package struct CompareScalar: GraphOperation {
    let comparison: Comparison
    let number: Double

    package static var names: [String] { ["compareScalar"] }

    init(comparison: Comparison, number: Double) {
      self.comparison = comparison
      self.number = number
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      comparison = try Comparison(reader)
      number = try reader.number("number")
    }

    package var attributes: [JSON.Member] {
      [.init("comparison", .string(comparison.rawValue)), .init("number", .double(number))]
    }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      [try operands.required(0).mapped { comparison($0, number) }]
    }
  }
}
