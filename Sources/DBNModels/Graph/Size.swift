/// A size that an operation is given: a number, or something that depends on the sizes of values,
/// which is how a graph keeps the batch and the image open.
///
/// `Graph.sized(for:)` makes every one of them a number.
public indirect enum Size: Sendable, Hashable {
  /// A number.
  case fixed(Int)
  /// The size of a dimension of the node's own first operand.
  case input(dimension: Int)
  /// The size of a dimension of a value, by the value's name.
  case dimension(Int, of: String)
  /// In a shape: what the other sizes leave (`reshape`), or as it is (`expand`). PyTorch's -1.
  case inferred
  /// What two sizes give together.
  case computed(Arithmetic, Size, Size)

  /// Integer arithmetic; quotients are rounded down, remainders have the divisor's sign.
  public enum Arithmetic: String, Sendable, Hashable, CaseIterable {
    /// `a + b`
    case sum
    /// `a - b`
    case difference
    /// `a * b`
    case product
    /// `a // b`
    case quotient
    /// `a % b`
    case remainder
    /// `min(a, b)`
    case minimum
    /// `max(a, b)`
    case maximum
  }
}

extension Size: ExpressibleByIntegerLiteral {
  /// A number.
  public init(integerLiteral value: Int) { self = .fixed(value) }
}

extension Size {
  /// The number, where it is one.
  package var number: Int? {
    guard case .fixed(let number) = self else { return nil }
    return number
  }

  /// The names of the values that it depends on.
  package var values: Set<String> {
    switch self {
    case .fixed, .input, .inferred: []
    case .dimension(_, let name): [name]
    case .computed(_, let left, let right): left.values.union(right.values)
    }
  }
}

extension Size.Arithmetic {
  /// nil where there is no result, or none that 64 bits hold.
  package func callAsFunction(_ left: Int, _ right: Int) -> Int? {
    switch self {
    case .sum: Self.checked(left.addingReportingOverflow(right))
    case .difference: Self.checked(left.subtractingReportingOverflow(right))
    case .product: Self.checked(left.multipliedReportingOverflow(by: right))
    case .quotient: Self.floorDivision(left, right)?.quotient
    case .remainder: Self.floorDivision(left, right)?.remainder
    case .minimum: min(left, right)
    case .maximum: max(left, right)
    }
  }

  private static func checked(_ result: (partialValue: Int, overflow: Bool)) -> Int? {
    result.overflow ? nil : result.partialValue
  }

  private static func floorDivision(
    _ left: Int, _ right: Int
  ) -> (quotient: Int, remainder: Int)? {
    guard right != 0, !(left == .min && right == -1) else { return nil }
    let (quotient, remainder) = left.quotientAndRemainder(dividingBy: right)
    guard remainder != 0, (remainder < 0) != (right < 0) else { return (quotient, remainder) }
    return (quotient - 1, remainder + right)
  }
}
