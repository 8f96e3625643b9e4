/// The mean and the variance of each feature over batches, joined in Float64.
///
/// Sums of squares are never formed: what is kept is the sum of squared distances from the mean,
/// which loses no digits however far the mean is from zero and however many values there are.
///
/// Source: Chan, Golub, LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample
/// Variances" (1979). fvcore's `_PopulationVarianceEstimator` gives the same, up to rounding.
struct Moments {
  /// How many values of each feature there were.
  private(set) var count = 0.0
  /// C values.
  private(set) var mean: [Double]
  /// C sums of squared distances from the mean.
  private var squares: [Double]

  init(features: Int) {
    mean = Array(repeating: 0, count: features)
    squares = mean
  }

  /// The population variance of each feature: biased, as BatchNorm normalises with.
  var variance: [Double] { squares.map { $0 / count } }

  /// Joins a batch.
  ///
  /// - Parameters:
  ///   - batchCount: how many values of each feature it has, positive.
  ///   - variance: biased.
  mutating func add(count batchCount: Int, mean batchMean: [Double], variance: [Double]) {
    let added = Double(batchCount)
    let total = count + added
    for feature in mean.indices {
      let distance = batchMean[feature] - mean[feature]
      squares[feature] +=
        variance[feature] * added + distance * distance * (count / total) * added
      mean[feature] += distance * (added / total)
    }
    count = total
  }
}
