import DBNBatchNorm
import DBNComparison
import DBNExecution
import DBNTensors

/// Runs the two modules of a part of a BatchNorm on one input and compares their outputs and
/// statistics.
struct LayerComparison {
  private let part: BatchNormPart
  private let tolerance: NumberComparison.Tolerance
  private(set) var result: VerificationResult.Layer

  /// - Parameter result: the comparison of the layer's other parts.
  init(
    _ part: BatchNormPart, _ result: VerificationResult.Layer,
    tolerance: NumberComparison.Tolerance
  ) {
    self.part = part
    self.result = result
    self.tolerance = tolerance
  }

  mutating func compareEvaluation(on input: Activations) throws(CheckpointError) {
    let slices = part.slices(of: input.samples)
    let (a, b) = (try part.a.evaluate(input), try part.b.evaluate(input))
    for (device, slice) in slices.enumerated() {
      compareOutputs(device, slice, a.slice(slice), b.slice(slice))
    }
  }

  mutating func compareTraining(on input: Activations) throws(CheckpointError) {
    let slices = part.slices(of: input.samples)
    let a = try part.a.trained(on: input, slices)
    let b = try part.b.trained(on: input, slices)
    for (device, slice) in slices.enumerated() {
      compareOutputs(device, slice, a[device].output, b[device].output)
      let (rowA, rowB) = (a[device].row, b[device].row)
      compare(
        BatchNormQuantity.runningMean.rawValue, device, rowA.mean, rowB.mean, coordinates: feature)
      compare(
        BatchNormQuantity.runningVar.rawValue, device, rowA.variance, rowB.variance,
        coordinates: feature)
      compare(
        BatchNormQuantity.numBatchesTracked.rawValue, device, [rowA.batchesTracked],
        [rowB.batchesTracked]
      ) { _ in [] }
    }
  }

  private mutating func compareOutputs(
    _ device: Int, _ slice: BatchSlice, _ a: Activations, _ b: Activations
  ) {
    let (features, positions) = (a.features, a.positions)
    let firstFeature = part.features.lowerBound
    compare("output", device, a.values, b.values) { index in
      [
        slice[index / (features * positions)],
        firstFeature + index / positions % features, index % positions,
      ]
    }
  }

  /// The coordinates of a value in a vector over the features.
  private func feature(_ index: Int) -> [Int] { [part.features.lowerBound + index] }

  private mutating func compare(
    _ quantity: String, _ device: Int?, _ a: [Double], _ b: [Double], coordinates: (Int) -> [Int]
  ) {
    let isDistributed = max(part.a.worldSize, part.b.worldSize) > 1
    result.add(
      NumberComparison(a, b, ulpsOf: part.scalarType, tolerance: tolerance), to: \.outputs,
      quantity,
      device: isDistributed ? device : nil, coordinates: coordinates)
  }
}

extension VerificationResult.Layer {
  /// Makes a comparison in which nothing has been compared yet.
  init(_ pair: BatchNormPair) {
    self.init(
      name: pair.name, module: pair.name, operation: "batchNorm", ulpsOf: pair.scalarType)
  }
}

extension BatchNormModule {
  /// The results of a forward pass in training for one device.
  fileprivate typealias Trained = (output: Activations, row: Row)

  /// A forward pass in training over the slices: all together if the module has a device for each,
  /// else each slice separately, starting from the module's own statistics.
  fileprivate func trained(
    on input: Activations, _ slices: [BatchSlice]
  ) throws(CheckpointError) -> [Trained] {
    var result: [Trained] = []
    if worldSize == slices.count {
      var module = self
      let output = try module.train(input)
      for (slice, row) in zip(slices, module.rows) { result.append((output.slice(slice), row)) }
    } else {
      for slice in slices {
        var module = self
        let output = try module.train(input.slice(slice))
        result.append((output, module.rows[0]))
      }
    }
    return result
  }
}
