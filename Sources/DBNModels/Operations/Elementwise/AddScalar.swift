package import DBNTensors

extension Operation {
  /// Operand: a tensor; the number is added to every element.
  public static func addScalar(_ number: Double) -> Operation { Operation(AddScalar(number)) }

  /// `torch.add` of a tensor and a number; ATen's calls are read by `Add`.
  package struct AddScalar: GraphOperation {
    package let number: Double

    package static var names: [String] { ["addScalar"] }

    init(_ number: Double) {
      self.number = number
    }

    package init(_ reader: GraphReader) throws(CheckpointError) {
      number = try reader.number("number")
    }

    package var attributes: [JSON.Member] { [.init("number", .double(number))] }

    package func outputs(
      of operands: OperandArrays, shapes: [[Int]]
    ) throws(CheckpointError) -> [DenseArray] {
      [try operands.required(0).mapped { $0 + number }]
    }
  }
}
