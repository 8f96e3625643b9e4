import DBNTensors

extension Operation {
  /// Operand: a tensor; the number is added to every element.
  public static func addScalar(_ number: Double) -> Operation { Operation(AddScalar(number)) }

  /// `torch.add` of a tensor and a number; ATen's calls are read by `Add`.
  package struct AddScalar: ScalarOperation {
    package let number: Double

    package static var names: [String] { ["addScalar"] }

    package init(_ number: Double) {
      self.number = number
    }

    package func value(_ element: Double) -> Double { element + number }
  }
}
