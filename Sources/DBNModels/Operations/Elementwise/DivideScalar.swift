package import DBNTensors

extension Operation {
  /// Operand: a tensor; every element is divided by the number.
  public static func divideScalar(_ number: Double) -> Operation { Operation(DivideScalar(number)) }

  /// `torch.div` of a tensor and a number; ATen's calls are read by `Divide`.
  package struct DivideScalar: GraphOperation {
    package let number: Double

    package static var names: [String] { ["divideScalar"] }

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
      [try operands.required(0).mapped { $0 / number }]
    }
  }
}
