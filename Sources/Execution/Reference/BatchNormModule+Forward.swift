public import Tensors

extension CheckpointError.Code {
  /// A slice has one value per channel, whose variance can't be estimated.
  public static let tooFewValues = Self("too-few-values")
}

extension BatchNormModule {
  /// The outputs in evaluation: slice i is normalised with the running statistics of device i.
  public func evaluate(_ input: Activations) -> Activations {
    var output = input
    for (range, row) in zip(slices(of: input.samples), rows) {
      normalise(&output, range, mean: row.mean, variance: row.variance)
    }
    return output
  }

  /// The outputs in training, and the running statistics moved on.
  ///
  /// Each slice is normalised with its own mean and biased variance; its device's running
  /// statistics move towards its mean and unbiased variance. A device whose slice is empty only
  /// counts the batch.
  ///
  /// - Throws: `tooFewValues`, PyTorch's "Expected more than 1 value per channel when training";
  ///   then nothing has changed.
  public mutating func train(_ input: Activations) throws(CheckpointError) -> Activations {
    var output = input
    var updated = rows
    for (device, range) in slices(of: input.samples).enumerated() {
      updated[device].batchesTracked += 1
      if range.isEmpty { continue }
      let count = range.count * input.positions
      guard count > 1 else {
        throw CheckpointError(
          .tooFewValues,
          "expected more than 1 value per channel when training, device \(device) has \(count)",
          advice: "use a larger batch")
      }
      let batch = statistics(of: input, range)
      normalise(&output, range, mean: batch.mean, variance: batch.variance)
      updated[device].move(towards: batch, of: count, momentum: options.momentum)
    }
    rows = updated
    return output
  }

  /// The mean and the biased variance of each feature over the samples, in two passes.
  private func statistics(
    of input: Activations, _ samples: Range<Int>
  ) -> (mean: [Double], variance: [Double]) {
    let count = Double(samples.count * input.positions)
    let mean = (0..<input.features).map { feature in
      input.sum(samples, feature) { $0 } / count
    }
    let variance = (0..<input.features).map { feature in
      input.sum(samples, feature) { ($0 - mean[feature]) * ($0 - mean[feature]) } / count
    }
    return (mean, variance)
  }

  private func normalise(
    _ values: inout Activations, _ samples: Range<Int>, mean: [Double], variance: [Double]
  ) {
    for feature in 0..<values.features {
      let scale = (weight?[feature] ?? 1) / (variance[feature] + options.eps).squareRoot()
      let shift = bias?[feature] ?? 0
      for sample in samples {
        for index in values.range(sample: sample, feature: feature) {
          values.values[index] = (values.values[index] - mean[feature]) * scale + shift
        }
      }
    }
  }
}

extension BatchNormModule.Row {
  fileprivate mutating func move(
    towards batch: (mean: [Double], variance: [Double]), of count: Int, momentum: Double?
  ) {
    let factor = momentum ?? 1 / batchesTracked
    let unbiased = Double(count) / Double(count - 1)
    for feature in mean.indices {
      mean[feature] = factor * batch.mean[feature] + (1 - factor) * mean[feature]
      variance[feature] =
        factor * (batch.variance[feature] * unbiased) + (1 - factor) * variance[feature]
    }
  }
}

extension Activations {
  fileprivate func sum(
    _ samples: Range<Int>, _ feature: Int, _ term: (Double) -> Double
  ) -> Double {
    var sum = 0.0
    for sample in samples {
      for index in range(sample: sample, feature: feature) { sum += term(values[index]) }
    }
    return sum
  }
}
