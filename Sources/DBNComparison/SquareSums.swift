/// Sums over the pairs of two sequences of numbers, a and b, of which both are finite.
struct SquareSums: Sendable {
  /// Σ a²
  private(set) var a = 0.0
  /// Σ b²
  private(set) var b = 0.0
  /// Σ ab
  private(set) var product = 0.0
  /// Σ (a - b)²
  private(set) var error = 0.0
  /// Whether one number of a pair is NaN or infinite, and the other is not the same.
  private(set) var differInInfinity = false

  mutating func add(_ a: Double, _ b: Double) {
    guard a.isFinite && b.isFinite else {
      if a != b && !(a.isNaN && b.isNaN) { differInInfinity = true }
      return
    }
    self.a += a * a
    self.b += b * b
    product += a * b
    error += (a - b) * (a - b)
  }

  mutating func formUnion(_ other: SquareSums) {
    a += other.a
    b += other.b
    product += other.product
    error += other.error
    differInInfinity = differInInfinity || other.differInInfinity
  }
}
