import DBNBatchNorm
import DBNModels
public import DBNTensors

/// The statistics of each feature over one device's slice of a mini-batch, in training.
struct SliceStatistics {
  /// The number of values of each feature; 0 for an empty slice, which has no statistics.
  let count: Int
  /// C values.
  var mean: [Double] = []
  /// C biased variances, with which outputs are normalised.
  var variance: [Double] = []
}

extension BatchNormModule {
  /// Refuses slices whose variance can't be estimated, before anything is computed.
  ///
  /// - Throws: `unsupportedOperation` for layouts that are only supported in evaluation: those that
  ///   keep shared statistics in addition to each device's. `tooFewValues`, PyTorch's "Expected
  /// more than 1
  ///   value per channel when training".
  func check(_ slices: [BatchSlice], positions: Int) throws(CheckpointError) {
    guard layout.buffers == .shared || layout.evaluation != .shared else {
      throw CheckpointError(
        .unsupportedOperation, "BatchNorms of the layout \(layout) cannot be run in training",
        advice: "convert them with \(.mappingToDistributed) or \(.mappingToStandard) first")
    }
    for (device, slice) in slices.enumerated() where slice.count * positions == 1 {
      let owner = worldSize == 1 ? "there is 1" : "device \(device) has 1"
      throw CheckpointError(
        .tooFewValues, "expected more than 1 value per channel when training, \(owner)",
        advice: "use a batch size with which each device has more in every batch, the last too")
    }
  }

  /// Updates the running statistics after a forward pass in training.
  ///
  /// - Parameter slices: the statistics of each of the V devices' slices.
  mutating func track(_ slices: [SliceStatistics]) {
    for row in rows.indices { rows[row].batchesTracked += 1 }
    for (device, slice) in slices.enumerated() where slice.count > 1 {
      guard let row = rowMoved(by: device) else { continue }
      rows[row].move(towards: slice, momentum: norm.momentum)
    }
    accumulationStep = (accumulationStep + 1) % norm.accumulationSteps
  }

  /// The row that a device's slice updates, if any.
  private func rowMoved(by device: Int) -> Int? {
    if rows.isEmpty { return nil }
    switch layout.training {
    case .everyDevice: return device
    case .firstDevice: return device == 0 && accumulationStep == 0 ? 0 : nil
    }
  }
}

extension BatchNormModule.Row {
  /// Source: `aten/src/ATen/native/Normalization.cpp`, `batch_norm_cpu_update_stats_template`.
  fileprivate mutating func move(towards slice: SliceStatistics, momentum: Double?) {
    let factor = momentum ?? 1 / batchesTracked
    let unbiased = Double(slice.count) / Double(slice.count - 1)
    for feature in mean.indices {
      mean[feature] = factor * slice.mean[feature] + (1 - factor) * mean[feature]
      variance[feature] =
        factor * (slice.variance[feature] * unbiased) + (1 - factor) * variance[feature]
    }
  }
}

extension CheckpointError.Code {
  /// A slice has one value per channel, whose variance can't be estimated.
  public static let tooFewValues = Self("too-few-values")
}
