/// The mean and the variance of each feature over batches, merged in Float64.
///
/// It keeps the sum of squared distances from the mean instead of the sum of squares, so no digits
/// are lost however far the mean is from zero and however many values there are.
///
/// Source: Chan, Golub, LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample
/// Variances" (1979). fvcore's `_PopulationVarianceEstimator` gives the same, up to rounding.
struct Moments {
  /// The number of values of each feature.
  private(set) var count = 0.0
  /// C values.
  private(set) var mean: [Double]
  /// C sums of squared distances from the mean.
  private var squares: [Double]

  init(features: Int) {
    mean = Array(repeating: 0, count: features)
    squares = mean
  }

  /// The biased (population) variance of each feature, with which BatchNorm normalises.
  var variance: [Double] { squares.map { $0 / count } }

  /// Merges a batch.
  ///
  /// - Parameters:
  ///   - batchCount: its number of values of each feature, positive.
  ///   - variance: the biased variances.
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
