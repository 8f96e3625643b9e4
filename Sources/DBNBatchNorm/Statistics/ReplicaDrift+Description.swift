extension ReplicaDrift: CustomStringConvertible {
  /// "means are up to 0.31 standard deviations and variances up to 12 % from the mean of all".
  public var description: String {
    guard self != ReplicaDrift() else {
      return "only num_batches_tracked or the sign of a zero differs, means and variances are equal"
    }
    return "means are up to \(mean.shortened) standard deviations and variances up to "
      + "\((variance * 100).shortened) % from the mean of all devices"
  }

  /// The larger distance; NaN, which can't be ordered, counts as infinite.
  private var largest: Double { mean.isNaN || variance.isNaN ? .infinity : max(mean, variance) }

  /// Whether these replicas are further apart, judged by the larger of their two distances; NaN
  /// counts as infinite.
  public func isWorse(than other: ReplicaDrift) -> Bool {
    largest > other.largest
  }
}

extension Double {
  /// The number with three significant digits.
  fileprivate var shortened: String {
    guard isFinite, self != 0 else { return "\(self)" }
    var digits = 1.0
    while abs(self) * digits < 100, digits < 1e12 { digits *= 10 }
    return "\((self * digits).rounded() / digits)"
  }
}
