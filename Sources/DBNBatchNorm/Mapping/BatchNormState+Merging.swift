import DBNTensors

extension BatchNormState {
  /// One state for all devices, merged by a rule.
  ///
  /// - Parameter rule: nil for the shared values where the layout has them, otherwise the value
  ///   that must be identical on all devices.
  /// - Throws: `invalidWorldSize` for a replica that does not exist.
  func merged(by rule: MergeRule?) throws(CheckpointError) -> [BatchNormQuantity: Tensor] {
    if case .replica(let index)? = rule, index >= worldSize {
      throw CheckpointError(
        .invalidWorldSize, "there is no replica \(index)",
        advice: "replicas are counted from 0 to \(worldSize - 1)")
    }
    var result = shared
    for quantity in BatchNormQuantity.allCases where quantity.isBuffer {
      guard let rows = devices[quantity], rule != nil || shared[quantity] == nil else { continue }
      result[quantity] = try merged(quantity, rows, by: rule ?? .identical)
    }
    return result
  }

  private func merged(
    _ quantity: BatchNormQuantity, _ rows: Tensor, by rule: MergeRule
  ) throws(CheckpointError) -> Tensor {
    switch rule {
    case .identical where !quantity.isCounter, .first: return try rows.row(0)
    case .replica(let index): return try rows.row(index)
    case .identical, .mean, .pooled:
      if quantity.isCounter { return try rows.largestRow() }
      let statistics = try ReplicaStatistics(self).merged(by: rule)
      var merged = try Tensor(
        rounding: quantity == .runningMean ? statistics.mean : statistics.variance,
        to: rows.scalarType, shape: Array(rows.shape.dropFirst()))
      merged.kind = rows.kind
      merged.requiresGrad = rows.requiresGrad
      return merged
    }
  }
}

extension Tensor {
  /// The largest of the counters [V].
  func largestRow() throws(CheckpointError) -> Tensor {
    let numbers = try doubles()
    return try row(numbers.indices.max { numbers[$0] < numbers[$1] } ?? 0)
  }
}
