package import DBNTensors

extension Operation {
  /// Operand: a tensor; every element is multiplied by the number.
  public static func multiplyScalar(_ number: Double) -> Operation {
    Operation(MultiplyScalar(number))
  }

  /// `torch.mul` of a tensor and a number; ATen's calls are read by `Multiply`.
  package struct MultiplyScalar: GraphOperation {
    package let number: Double

    package static var names: [String] { ["multiplyScalar"] }

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
      [try operands.required(0).mapped { $0 * number }]
    }
  }
}
