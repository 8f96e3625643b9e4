/// A size in an operation's attributes: a number, or an expression in the sizes of values, so that
/// a graph works for any batch and image size.
///
/// `Graph.sized(for:)` replaces all of them by numbers.
public indirect enum Size: Sendable, Hashable {
  /// A number.
  case fixed(Int)
  /// The size of a dimension of the node's own first operand.
  case input(dimension: Int)
  /// The size of a dimension of a value, by the value's name.
  case dimension(Int, of: String)
  /// PyTorch's -1 in a shape: inferred from the other sizes (`reshape`), or unchanged (`expand`).
  case inferred
  /// Arithmetic on two sizes.
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
  /// The number, if it is one.
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
  /// The result; nil if it is undefined or overflows 64 bits.
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
