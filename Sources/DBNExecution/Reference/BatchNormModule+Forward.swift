import DBNBatchNorm
import DBNModels
public import DBNTensors

extension BatchNormModule {
  /// The outputs in evaluation: slice i is normalised with the running statistics of device i, or
  /// with the shared ones. Without running statistics it is normalised with its own, as in
  /// training.
  ///
  /// - Throws: `tooFewValues` as in training, if there are no running statistics.
  public func evaluate(_ input: Activations) throws(CheckpointError) -> Activations {
    let slices = slices(of: input.samples)
    if rows.isEmpty { return try normalised(input, slices).output }
    var output = input
    let used = slices.indices.map(row(of:))
    try output.normalise(slices, by: self) { device, feature in
      let row = used[device]
      return (row.mean[feature], row.variance[feature])
    }
    return output
  }

  /// The outputs in training; updates the running statistics.
  ///
  /// Each slice is normalised with its own mean and biased variance. In the replicated layout each
  /// device's running statistics move towards its mean and unbiased variance, and a device whose
  /// slice is empty only counts the batch. In the first-device layout only device 0 updates the
  /// shared statistics, in the first of the accumulation steps.
  ///
  /// - Throws: `tooFewValues`, PyTorch's "Expected more than 1 value per channel when training";
  ///   then nothing has changed.
  public mutating func train(_ input: Activations) throws(CheckpointError) -> Activations {
    let (output, statistics) = try normalised(input, slices(of: input.samples))
    track(statistics)
    return output
  }

  /// Normalises each slice with its own statistics.
  private func normalised(
    _ input: Activations, _ slices: [BatchSlice]
  ) throws(CheckpointError) -> (output: Activations, statistics: [SliceStatistics]) {
    try check(slices, positions: input.positions)
    let statistics = try slices.map { slice throws(CheckpointError) in
      try input.statistics(slice)
    }
    var output = input
    try output.normalise(slices, by: self) { device, feature in
      (statistics[device].mean[feature], statistics[device].variance[feature])
    }
    return (output, statistics)
  }
}

extension Activations {
  /// The mean and the biased variance of each feature over the samples, computed in two passes.
  fileprivate func statistics(
    _ slice: BatchSlice
  ) throws(CheckpointError) -> SliceStatistics {
    let count = slice.count * positions
    guard count > 0 else { return SliceStatistics(count: 0) }
    let features = try concurrentMap(self.features) { feature in
      let mean = sum(slice, feature) { $0 } / Double(count)
      return (mean, sum(slice, feature) { ($0 - mean) * ($0 - mean) } / Double(count))
    }
    return SliceStatistics(count: count, mean: features.map(\.0), variance: features.map(\.1))
  }

  /// The sum over the samples, each summed over its positions first.
  private func sum(_ slice: BatchSlice, _ feature: Int, _ term: (Double) -> Double) -> Double {
    slice.reduce(0) { total, sample in
      total + values[range(sample: sample, feature: feature)].reduce(0) { $0 + term($1) }
    }
  }

  /// (x - mean) / sqrt(variance + eps) * weight + bias, with a mean and variance for each device
  /// and feature.
  fileprivate mutating func normalise(
    _ slices: [BatchSlice], by module: BatchNormModule,
    _ statistics: @Sendable (Int, Int) -> (mean: Double, variance: Double)
  ) throws(CheckpointError) {
    let (input, positions) = (self, positions)
    values = try DenseArray(shape: [values.count]) { output throws(CheckpointError) in
      try concurrentForEach(features) { feature in
        for (device, slice) in slices.enumerated() where slice.count * positions > 0 {
          let (mean, variance) = statistics(device, feature)
          let scale = (module.weight?[feature] ?? 1) / (variance + module.norm.eps).squareRoot()
          let shift = module.bias?[feature] ?? 0
          for sample in slice {
            for index in input.range(sample: sample, feature: feature) {
              output[index] = (input.values[index] - mean) * scale + shift
            }
          }
        }
      }
    }.values
  }
}
