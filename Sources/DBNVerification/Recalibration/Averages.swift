/// The averages of batches' means and unbiased variances, with equal weight for each batch.
///
/// Source: a BatchNorm without momentum, as used by `torch.optim.swa_utils.update_bn`.
struct Averages {
  private(set) var batches = 0.0
  /// C values each.
  private(set) var mean: [Double]
  private(set) var variance: [Double]

  init(features: Int) {
    mean = Array(repeating: 0, count: features)
    variance = mean
  }

  /// - Parameter variance: the unbiased variances.
  mutating func add(mean batchMean: [Double], variance batchVariance: [Double]) {
    batches += 1
    for feature in mean.indices {
      mean[feature] += (batchMean[feature] - mean[feature]) / batches
      variance[feature] += (batchVariance[feature] - variance[feature]) / batches
    }
  }
}
