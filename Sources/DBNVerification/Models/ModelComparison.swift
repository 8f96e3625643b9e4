import DBNBatchNorm
import DBNComparison
import DBNExecution
import DBNModels
import DBNTensors

/// Runs a pair of executors side by side and compares each layer's outputs.
struct ModelComparison {
  private let pair: ExecutorPair
  private let scalarType: ScalarType
  private let tolerance: NumberComparison.Tolerance
  /// The mode of all BatchNorms; nil if each runs in its own.
  private let mode: ExecutionMode?
  private(set) var layers: [VerificationResult.Layer] = []
  /// Layers whose outputs have different shapes, so that their numbers can't be compared.
  private(set) var differences: [ConversionReport.Item] = []

  init(
    _ pair: ExecutorPair, mode: ExecutionMode?, ulpsOf scalarType: ScalarType,
    tolerance: NumberComparison.Tolerance
  ) {
    self.mode = mode
    self.pair = pair
    self.scalarType = scalarType
    self.tolerance = tolerance
  }

  /// Runs both on the whole batch.
  mutating func compareEvaluation(on inputs: [String: DenseArray]) throws(CheckpointError) {
    _ = try compareWhole(inputs)
  }

  /// Runs both on the whole batch if they have equally many devices, else the standard one on each
  /// slice separately.
  mutating func compareTraining(
    on inputs: [String: DenseArray], samples: Int
  ) throws(CheckpointError) {
    guard let roles = try pair.roles() else {
      let (a, b) = try compareWhole(inputs)
      for (name, module) in a.batchNorms {
        guard let other = b.batchNorms[name] else { continue }
        for (device, (rowA, rowB)) in zip(module.rows, other.rows).enumerated() {
          compareRows(name, device, rowA, rowB)
        }
      }
      return
    }
    try compareSlices(
      SlicedRun(roles.distributed, roles.standard, inputs, mode: mode, samples: samples),
      isDistributedFirst: pair.a.worldSize > pair.b.worldSize)
  }

  private typealias Passes = (a: any ForwardPass, b: any ForwardPass)

  private mutating func compareWhole(
    _ inputs: [String: DenseArray]
  ) throws(CheckpointError) -> Passes {
    var a = try pair.a.start(inputs, mode: mode)
    var b = try pair.b.start(inputs, mode: mode)
    while let layer = try a.next(), let other = try b.next() {
      layers.append(VerificationResult.Layer(layer.node, ulpsOf: scalarType))
      for (output, otherOutput) in zip(layer.outputs, other.outputs) {
        compare(output, otherOutput, in: layers.count - 1)
      }
    }
    return (a, b)
  }

  private mutating func compareSlices(
    _ run: consuming SlicedRun, isDistributedFirst: Bool
  ) throws(CheckpointError) {
    var run = run
    while let (node, parts) = try run.next() {
      layers.append(VerificationResult.Layer(node, ulpsOf: scalarType))
      for part in parts {
        let (a, b) = isDistributedFirst ? (part.whole, part.alone) : (part.alone, part.whole)
        compare(a, b, in: layers.count - 1, device: part.device, samples: part.samples)
      }
    }
    for row in run.rows {
      let (a, b) = isDistributedFirst ? (row.whole, row.alone) : (row.alone, row.whole)
      compareRows(row.module, row.device, a, b)
    }
  }

  private mutating func compareRows(
    _ module: String, _ device: Int, _ a: BatchNormModule.Row, _ b: BatchNormModule.Row
  ) {
    guard
      let index = layers.firstIndex(where: {
        $0.module?.isIdentical(to: module) == true
      })
    else { return }
    let isDistributed = pair.worldSize > 1
    let quantities: [(BatchNormQuantity, [Double], [Double])] = [
      (.runningMean, a.mean, b.mean), (.runningVar, a.variance, b.variance),
      (.numBatchesTracked, [a.batchesTracked], [b.batchesTracked]),
    ]
    for (quantity, valuesA, valuesB) in quantities {
      let comparison = NumberComparison(valuesA, valuesB, ulpsOf: scalarType, tolerance: tolerance)
      layers[index].add(
        comparison, to: \.outputs, quantity.rawValue, device: isDistributed ? device : nil
      ) {
        quantity.isCounter ? [] : [$0]
      }
    }
  }

  /// - Parameter samples: the samples' indices in the batch; nil for all samples.
  private mutating func compare(
    _ a: DenseArray, _ b: DenseArray, in layer: Int, device: Int? = nil, samples: [Int]? = nil
  ) {
    guard a.shape == b.shape else {
      let reason = "its outputs have the shapes \(a.shape) and \(b.shape)"
      return differences.append(.init(layers[layer].name, reason))
    }
    let comparison = NumberComparison(a.values, b.values, ulpsOf: scalarType, tolerance: tolerance)
    layers[layer].add(comparison, to: \.outputs, "output", device: device) { index in
      var position = a.shape.position(of: index)
      if let samples, let sample = position.first { position[0] = samples[sample] }
      return position
    }
  }
}

extension VerificationResult.Layer {
  fileprivate init(_ node: Graph.Node, ulpsOf scalarType: ScalarType) {
    self.init(name: node.name, operation: node.operation.name, ulpsOf: scalarType)
    if let attributes = node.operation.batchNorm { module = attributes.module }
  }
}

extension [Int] {
  /// The coordinates of the element at an index, in an array with this shape.
  fileprivate func position(of index: Int) -> [Int] {
    var rest = index
    var position = [Int](repeating: 0, count: count)
    for axis in indices.reversed() {
      position[axis] = rest % self[axis]
      rest /= self[axis]
    }
    return position
  }
}
