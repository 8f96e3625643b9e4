public import DBNTensors

/// The running statistics of one BatchNorm as numbers: a row of C values for each replica.
public struct ReplicaStatistics: Sendable {
  /// The running means, a row of C values for each of the V devices.
  public let means: [[Double]]
  /// The running variances, a row of C values for each of the V devices.
  public let variances: [[Double]]

  /// Reads the buffers of a BatchNorm.
  ///
  /// - Throws: `unsupportedScalarType` when they are not real numbers.
  public init(_ site: BatchNormSite, in stateDict: StateDict) throws(CheckpointError) {
    do throws(CheckpointError) {
      try self.init(BatchNormState(site, in: stateDict))
    } catch {
      throw error.with(name: site.name)
    }
  }

  init(_ state: BatchNormState) throws(CheckpointError) {
    means = try state.rows(of: .runningMean)
    variances = try state.rows(of: .runningVar)
  }

  /// Makes the statistics of V devices; both have V rows of C values.
  public init(means: [[Double]], variances: [[Double]]) {
    self.means = means
    self.variances = variances
  }

  /// V.
  public var worldSize: Int { means.count }
  /// C.
  public var features: Int { means.first?.count ?? 0 }

  /// The merged mean and variance of each feature, in Float64.
  ///
  /// `identical` returns row 0; whether the rows are equal is decided by their bytes, not here.
  public func merged(by rule: MergeRule) -> (mean: [Double], variance: [Double]) {
    switch rule {
    case .identical, .first: (means[0], variances[0])
    case .replica(let index): (means[index], variances[index])
    case .mean: (columns(means, average), columns(variances, average))
    case .pooled:
      (columns(means, average), zip(columns(variances, average), columns(means, variance)).map(+))
    }
  }

  /// How far the replicas are apart.
  public var drift: ReplicaDrift {
    replicaDrifts.reduce(into: ReplicaDrift()) { $0.formUnion($1) }
  }

  /// How far each replica is from the statistics of all, in the channel where it is furthest.
  public var replicaDrifts: [ReplicaDrift] {
    var drifts = [ReplicaDrift](repeating: ReplicaDrift(), count: worldSize)
    forEachDrift { device, _, drift in drifts[device].formUnion(drift) }
    return drifts
  }

  /// How far the replicas are from the statistics of all in each channel, at the device that is
  /// furthest.
  public var featureDrifts: [ReplicaDrift] {
    var drifts = [ReplicaDrift](repeating: ReplicaDrift(), count: features)
    forEachDrift { _, feature, drift in drifts[feature].formUnion(drift) }
    return drifts
  }

  /// Calls a function with each device, each channel, and the distance of the two numbers there
  /// from the statistics of all.
  public func forEachDrift(
    _ body: (_ device: Int, _ feature: Int, _ drift: ReplicaDrift) -> Void
  ) {
    let center = merged(by: .pooled)
    let averageVariance = columns(variances, average)
    for (device, (mean, variance)) in zip(means, variances).enumerated() {
      for feature in 0..<features {
        body(
          device, feature,
          ReplicaDrift(
            mean: ratio(
              abs(mean[feature] - center.mean[feature]), center.variance[feature].squareRoot()),
            variance: ratio(
              abs(variance[feature] - averageVariance[feature]), abs(averageVariance[feature]))))
      }
    }
  }

  private func columns(_ rows: [[Double]], _ reduce: ([Double]) -> Double) -> [Double] {
    (0..<features).map { feature in reduce(rows.map { $0[feature] }) }
  }
}

/// How far the replicas of a BatchNorm are apart; zeros if they are equal.
public struct ReplicaDrift: Sendable, Equatable {
  /// The largest distance of a replica's mean from the mean of all, in standard deviations of the
  /// pooled statistics.
  public var mean = 0.0
  /// The largest relative distance of a replica's variance from the mean of all: |ratio - 1|.
  public var variance = 0.0

  /// Makes a drift of these distances; without arguments, no drift.
  public init(mean: Double = 0, variance: Double = 0) {
    self.mean = mean
    self.variance = variance
  }

  /// Takes the larger mean distance and the larger variance distance of two drifts.
  public mutating func formUnion(_ other: ReplicaDrift) {
    mean.raise(to: other.mean)
    variance.raise(to: other.variance)
  }
}

extension BatchNormState {
  /// The numbers of each device, or a single row if all devices share them.
  func rows(of quantity: BatchNormQuantity) throws(CheckpointError) -> [[Double]] {
    guard let tensor = devices[quantity] ?? shared[quantity] else { return [] }
    let values = try tensor.doubles()
    let count = devices[quantity] == nil ? 1 : worldSize
    let stride = values.count / count
    return (0..<count).map { Array(values[$0 * stride..<($0 + 1) * stride]) }
  }
}

/// The mean; if all values are equal exactly that value, which a rounded sum may miss.
private func average(_ values: [Double]) -> Double {
  guard let first = values.first, values.contains(where: { $0 != first }) else {
    return values.first ?? .nan
  }
  return values.reduce(0, +) / Double(values.count)
}

/// The population variance.
private func variance(_ values: [Double]) -> Double {
  let center = average(values)
  return average(values.map { ($0 - center) * ($0 - center) })
}

/// The distance in this unit: 0 / 0 is 0, anything else over 0 is infinite.
private func ratio(_ distance: Double, _ unit: Double) -> Double {
  distance == 0 ? 0 : distance / unit
}

extension Double {
  /// Raises it to the larger of the two; NaN if either is NaN.
  fileprivate mutating func raise(to other: Double) {
    self = isNaN || other.isNaN ? .nan : Swift.max(self, other)
  }
}
