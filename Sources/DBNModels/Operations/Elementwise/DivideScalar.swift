import DBNTensors

extension Operation {
  /// Operand: a tensor; every element is divided by the number.
  public static func divideScalar(_ number: Double) -> Operation { Operation(DivideScalar(number)) }

  /// `torch.div` of a tensor and a number; ATen's calls are read by `Divide`.
  package struct DivideScalar: ScalarOperation {
    package let number: Double

    package static var names: [String] { ["divideScalar"] }

    package init(_ number: Double) {
      self.number = number
    }

    package func value(_ element: Double) -> Double { element / number }
  }
}
