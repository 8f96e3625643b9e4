/// The averages over batches of their means and unbiased variances, each batch counting as one.
///
/// Source: what a BatchNorm without momentum keeps, as `torch.optim.swa_utils.update_bn` uses it.
struct Averages {
  private(set) var batches = 0.0
  /// C values each.
  private(set) var mean: [Double]
  private(set) var variance: [Double]

  init(features: Int) {
    mean = Array(repeating: 0, count: features)
    variance = mean
  }

  /// - Parameter variance: unbiased.
  mutating func add(mean batchMean: [Double], variance batchVariance: [Double]) {
    batches += 1
    for feature in mean.indices {
      mean[feature] += (batchMean[feature] - mean[feature]) / batches
      variance[feature] += (batchVariance[feature] - variance[feature]) / batches
    }
  }
}
