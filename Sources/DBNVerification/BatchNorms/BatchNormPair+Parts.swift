import DBNBatchNorm
import DBNExecution
import DBNTensors

/// Some features of a BatchNorm in two checkpoints, ready to run.
struct BatchNormPart {
  let a: BatchNormModule
  let b: BatchNormModule
  /// The features of the layer that these modules have.
  let features: Range<Int>
  /// The type in whose ULPs differences are counted.
  let scalarType: ScalarType

  /// The slices of a mini-batch for the module with more devices.
  func slices(of samples: Int) -> [BatchSlice] {
    (a.worldSize >= b.worldSize ? a : b).slices(of: samples)
  }

  /// A mini-batch drawn from the running statistics of A (each slice from its device's), rounded to
  /// float32 unless the model is a float64 one.
  func input(
    _ samples: Int, _ positions: Int, _ generator: inout InputGenerator
  ) -> Activations {
    var values: [Double] = []
    values.reserveCapacity(samples * a.features * positions)
    for (slice, row) in zip(a.slices(of: samples), a.rows) {
      let deviations = row.variance.map { $0 > 0 && $0.isFinite ? $0.squareRoot() : 1 }
      for _ in slice {
        for feature in 0..<a.features {
          let center = row.mean[feature].isFinite ? row.mean[feature] : 0
          for _ in 0..<positions {
            let value = center + deviations[feature] * generator.nextNormal()
            values.append(scalarType == .float64 ? value : Double(Float(value)))
          }
        }
      }
    }
    return Activations(
      samples: samples, features: a.features, positions: positions, values: values)
  }
}

extension BatchNormPair {
  /// Runs a closure on the pair's features, part by part, so that a part's batch has at most `limit`
  /// values.
  func forEachPart(
    of limit: Int, valuesPerFeature: Int,
    _ body: (BatchNormPart) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let (a, b) = (try a.reader(), try b.reader())
    let count = max(1, limit / valuesPerFeature)
    for start in stride(from: 0, to: features, by: count) {
      let range = start..<min(start + count, features)
      try body(
        BatchNormPart(
          a: a.module(range), b: b.module(range), features: range, scalarType: scalarType))
    }
  }
}

extension BatchNormPair.Side {
  fileprivate func reader() throws(CheckpointError) -> BatchNormReader {
    try BatchNormReader(site, in: stateDict, options: options)
  }
}
