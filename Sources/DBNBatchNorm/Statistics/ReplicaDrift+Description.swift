extension ReplicaDrift: CustomStringConvertible {
  /// "means are up to 0.31 standard deviations and variances up to 12 % from the mean of all".
  public var description: String {
    guard self != ReplicaDrift() else {
      return "only num_batches_tracked or the sign of a zero differs, means and variances are equal"
    }
    return "means are up to \(mean.shortened) standard deviations and variances up to "
      + "\((variance * 100).shortened) % from the mean of all"
  }

  /// NaN, which nothing can be compared with, counts as infinite.
  private var largest: Double { mean.isNaN || variance.isNaN ? .infinity : max(mean, variance) }

  /// Whether replicas are further apart here: by the larger of the two distances; NaN is infinitely
  /// far.
  public func isWorse(than other: ReplicaDrift) -> Bool {
    largest > other.largest
  }
}

extension Double {
  /// Three significant digits.
  fileprivate var shortened: String {
    guard isFinite, self != 0 else { return "\(self)" }
    var digits = 1.0
    while abs(self) * digits < 100, digits < 1e12 { digits *= 10 }
    return "\((self * digits).rounded() / digits)"
  }
}
