public import DBNBatchNorm

/// A BatchNorm with the statistics of its devices, for a report.
public struct ReplicaLayer: Sendable {
  /// The module's name in the state dict.
  public let name: String
  /// The layout's name.
  public let layout: String
  /// The running statistics of each device.
  public let statistics: ReplicaStatistics

  /// A BatchNorm of a state dict, for the pages of `info`.
  public init(name: String, layout: String, _ statistics: ReplicaStatistics) {
    self.name = name
    self.layout = layout
    self.statistics = statistics
  }

  /// A merge rule's variance in units of the pooled variance, averaged over the features.
  func relativeVariance(mergedBy rule: MergeRule) -> Double {
    relative(statistics.merged(by: rule).variance)
  }

  /// Each device's variance in units of the pooled variance, averaged over the features.
  var relativeVariances: [Double] { statistics.variances.map(relative) }

  /// The largest distance of a rule's mean from the pooled mean, in pooled standard deviations.
  func meanShift(mergedBy rule: MergeRule) -> Double {
    let pooled = statistics.merged(by: .pooled)
    let mean = statistics.merged(by: rule).mean
    return mean.indices.reduce(0) { largest, feature in
      let distance = abs(mean[feature] - pooled.mean[feature])
      let shift = distance == 0 ? 0 : distance / pooled.variance[feature].squareRoot()
      return shift.isNaN || largest.isNaN ? .nan : max(largest, shift)
    }
  }

  private func relative(_ variance: [Double]) -> Double {
    let pooled = statistics.merged(by: .pooled).variance
    let ratios = zip(variance, pooled).map { $0 == $1 ? 1 : $0 / $1 }
    return ratios.isEmpty ? 1 : ratios.reduce(0, +) / Double(ratios.count)
  }
}
