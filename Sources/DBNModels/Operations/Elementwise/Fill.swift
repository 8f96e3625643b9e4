import DBNTensors

extension Operation {
  /// Operand: a tensor, of which only the shape is used. Every element of the result is the number.
  public static func fill(_ number: Double) -> Operation { Operation(Fill(number)) }

  /// `torch.full_like`.
  package struct Fill: ScalarOperation {
    package let number: Double

    package static var names: [String] { ["fill"] }

    package init(_ number: Double) {
      self.number = number
    }

    package func value(_ element: Double) -> Double { number }
  }
}
