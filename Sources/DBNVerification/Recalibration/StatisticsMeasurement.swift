import DBNBatchNorm
import DBNExecution
import DBNModels
import DBNTensors

/// A model in training whose BatchNorms' batch statistics are collected.
///
/// With a momentum of 1, running statistics are those of the last batch: mean and unbiased
/// variance, as every engine computes them. The number of values follows from the shapes.
struct StatisticsMeasurement {
  /// The BatchNorms with running statistics, in the model's order.
  private(set) var names: [String] = []
  /// The BatchNorms as read from the state dict.
  private(set) var originals: [String: BatchNormModule] = [:]
  private let graph: Graph
  private let parameterShapes: [String: [Int]]
  /// The names of the BatchNorms' inputs.
  private var inputs: [String: String] = [:]
  private var executor: any Executor
  private var rows: [String: [RowMeasurement]] = [:]
  private var batches = 0.0

  init(
    _ graph: Graph, _ stateDict: StateDict, layouts: [BatchNormLayout],
    executor: (Graph, StateDict) throws(CheckpointError) -> any Executor
  ) throws(CheckpointError) {
    self.graph = graph
    parameterShapes = Dictionary(
      stateDict.tensors.map { ($0.name, $0.tensor.shape) }, uniquingKeysWith: { $1 })
    for node in graph.nodes {
      guard let attributes = node.operation.batchNorm,
        attributes.mode(given: graph.measuringMode) == .training,
        case .value(let input)? = node.operands.first
      else { continue }
      let name = attributes.module
      guard inputs.updateValue(input, forKey: name) == nil else { throw Self.isUsedTwice(name) }
      let module = try BatchNormModule(
        attributes.norm, named: name, in: stateDict, layouts: layouts)
      if module.rows.isEmpty { continue }
      try Self.check(name, module, in: stateDict)
      names.append(name)
      originals[name] = module
      rows[name] = module.rows.map { _ in RowMeasurement(features: module.features) }
    }
    // Old running statistics that are not finite must not affect the new ones.
    let fresh = originals.mapValues { module in
      let zeros = Array(repeating: 0.0, count: module.features)
      return module.with(rows: module.rows.map { _ in .init(mean: zeros, variance: zeros) })
    }
    self.executor = try executor(graph.measuringBatches, stateDict.withBuffers(of: fresh))
  }

  /// Runs the model on a batch.
  mutating func add(_ batch: [String: DenseArray]) throws(CheckpointError) {
    let shapes = try graph.sized(
      for: batch.mapValues(\.shape), parameters: parameterShapes
    ).shapes
    _ = try executor.run(batch, mode: graph.measuringMode)
    batches += 1
    for name in names {
      guard let module = executor.batchNorms[name], let shape = inputs[name].flatMap({ shapes[$0] })
      else { continue }
      let positions = shape.dropFirst(2).reduce(1, *)
      let slices = module.slices(of: shape[0])
      for (device, row) in module.rows.enumerated() {
        rows[name]?[device].add(row, count: slices[device].count * positions)
      }
    }
  }

  /// The BatchNorms with the measured statistics.
  ///
  /// - Throws: `tooFewValues` when a device had no samples.
  func modules(
    _ statistics: Recalibration.Statistics
  ) throws(CheckpointError) -> [String: BatchNormModule] {
    var modules: [String: BatchNormModule] = [:]
    for name in names {
      guard let module = originals[name], let measured = rows[name] else { continue }
      if let device = measured.firstIndex(where: \.isEmpty) {
        throw CheckpointError(
          .tooFewValues, name: name,
          "device \(device) of \(module.worldSize) had no samples in any batch",
          advice: "use a batch of at least \(module.worldSize) samples")
      }
      modules[name] = module.with(rows: measured.map { $0.row(statistics, batches: batches) })
    }
    return modules
  }

  private static func isUsedTwice(_ name: String) -> CheckpointError {
    CheckpointError(
      .unsupportedOperation, name: name,
      "the model uses this BatchNorm more than once, and its statistics can describe only one "
        + "use", advice: "give each use a BatchNorm of its own")
  }

  /// Refuses layouts with buffers other than the rows that training updates.
  private static func check(
    _ name: String, _ module: BatchNormModule, in stateDict: StateDict
  ) throws(CheckpointError) {
    let layout = module.layout
    let hasCounter = layout.rowTensors(of: .numBatchesTracked, rowCount: module.rows.count)
      .contains { stateDict[name.isEmpty ? $0.key : "\(name).\($0.key)"] != nil }
    // Ghost BatchNorm has one counter for all devices, which its module keeps at 0.
    let isGhost = layout.evaluation == .mean && hasCounter && module.rows.count > 1
    guard layout.buffers == .shared || layout.evaluation != .shared, !isGhost else {
      throw CheckpointError(
        .unsupportedOperation, name: name,
        "BatchNorms of the layout \(layout) cannot be measured",
        advice: "convert them with \(.mappingToStandard) first")
    }
  }
}

/// The measurement of one row of running statistics.
private struct RowMeasurement {
  private var moments: Moments
  private var averages: Averages

  init(features: Int) {
    moments = Moments(features: features)
    averages = Averages(features: features)
  }

  var isEmpty: Bool { averages.batches == 0 }

  /// - Parameters:
  ///   - row: the batch's mean and unbiased variance.
  ///   - count: the number of values in the batch; if it is 0, nothing is added.
  mutating func add(_ row: BatchNormModule.Row, count: Int) {
    guard count > 0 else { return }
    let bias = Double(count - 1) / Double(count)
    moments.add(count: count, mean: row.mean, variance: row.variance.map { $0 * bias })
    averages.add(mean: row.mean, variance: row.variance)
  }

  func row(_ statistics: Recalibration.Statistics, batches: Double) -> BatchNormModule.Row {
    switch statistics {
    case .population:
      .init(mean: moments.mean, variance: moments.variance, batchesTracked: batches)
    case .average: .init(mean: averages.mean, variance: averages.variance, batchesTracked: batches)
    }
  }
}

extension Graph {
  /// The mode of the passes that measure statistics. BatchNorms that a program for training has in
  /// evaluation are frozen: they stay in evaluation.
  fileprivate var measuringMode: ExecutionMode? { trains(given: nil) ? nil : .training }

  /// The BatchNorms that keep their statistics, because a program for training has them in
  /// evaluation.
  package var frozenBatchNorms: [String] {
    trains(given: nil)
      ? batchNorms.filter { $0.exportedMode == .evaluation }.map(\.module) : []
  }

  /// The graph with BatchNorms whose running statistics become those of each batch.
  fileprivate var measuringBatches: Graph {
    mappingBatchNorms { attributes in
      attributes.norm.momentum = 1
      attributes.norm.accumulationSteps = 1
      attributes.keptBuffers = []
    }
  }
}
