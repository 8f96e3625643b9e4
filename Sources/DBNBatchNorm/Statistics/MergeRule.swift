/// How the running statistics of V replicas are merged. The user chooses, and the choice is
/// recorded.
public enum MergeRule: Sendable, Hashable, CustomStringConvertible {
  /// The value of all replicas, which must be equal to the last bit.
  case identical
  /// Replica 0's: what rank 0 of a data-parallel job would have saved.
  case first
  /// The mean of the means and the mean of the variances. The variance is too small if the means
  /// differ.
  case mean
  /// The law of total variance: mean of the variances plus the population variance of the means.
  /// These are the statistics of all devices' samples together, if all had equally many.
  case pooled
  /// One replica's, counted from 0.
  case replica(Int)

  /// The rule's name on the command line and in histories: `mean`, `replica:2`.
  public var description: String {
    switch self {
    case .identical: "identical"
    case .first: "first"
    case .mean: "mean"
    case .pooled: "pooled"
    case .replica(let index): "replica:\(index)"
    }
  }

  /// Parses what `description` returns.
  public init?(_ text: String) {
    switch text {
    case "identical": self = .identical
    case "first": self = .first
    case "mean": self = .mean
    case "pooled": self = .pooled
    default:
      guard text.hasPrefix("replica:"), let index = Int(text.dropFirst(8)), index >= 0 else {
        return nil
      }
      self = .replica(index)
    }
  }
}
