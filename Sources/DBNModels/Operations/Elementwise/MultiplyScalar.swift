import DBNTensors

extension Operation {
  /// Operand: a tensor; every element is multiplied by the number.
  public static func multiplyScalar(_ number: Double) -> Operation {
    Operation(MultiplyScalar(number))
  }

  /// `torch.mul` of a tensor and a number; ATen's calls are read by `Multiply`.
  package struct MultiplyScalar: ScalarOperation {
    package let number: Double

    package static var names: [String] { ["multiplyScalar"] }

    package init(_ number: Double) {
      self.number = number
    }

    package func value(_ element: Double) -> Double { element * number }
  }
}
