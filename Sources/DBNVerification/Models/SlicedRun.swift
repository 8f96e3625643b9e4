import DBNBatchNorm
import DBNExecution
import DBNModels
import DBNTensors

/// Runs a distributed model on a whole batch and a standard one on each device's slice, node by
/// node side by side.
struct SlicedRun {
  /// A layer's outputs for the samples of one device.
  struct Part {
    let device: Int
    /// The samples' indices in the batch.
    let samples: [Int]
    /// The distributed model's outputs for them.
    let whole: DenseArray
    /// The standard model's outputs, run on these samples alone.
    let alone: DenseArray
  }

  /// The running statistics of a BatchNorm after the pass.
  struct Row {
    let module: String
    let device: Int
    let whole: BatchNormModule.Row
    let alone: BatchNormModule.Row
  }

  private struct Slice {
    let device: Int
    let samples: [Int]
    var pass: any ForwardPass
  }

  private let batch: Int
  private let mode: ExecutionMode?
  private let standard: any Executor
  private var whole: any ForwardPass
  private var slices: [Slice] = []

  init(
    _ distributed: any Executor, _ standard: any Executor, _ inputs: [String: DenseArray],
    mode: ExecutionMode?, samples batch: Int
  ) throws(CheckpointError) {
    self.batch = batch
    self.mode = mode
    self.standard = standard
    whole = try distributed.start(inputs, mode: mode)
    let devices = distributed.batchNorms.values.first?.slices(of: batch) ?? []
    for (device, range) in devices.enumerated() where !range.isEmpty {
      let samples = Array(range)
      var own: [String: DenseArray] = [:]
      for (name, input) in inputs { own[name] = try input.samples(samples, of: batch) }
      slices.append(
        Slice(
          device: device, samples: samples, pass: try standard.start(own, mode: mode)))
    }
  }

  /// The next node with its outputs for each device's samples; nil when all nodes have run.
  ///
  /// - Throws: `batchNormsDiffer` if a layer's first dimension is not the batch, so that its
  ///   outputs belong to no device.
  mutating func next() throws(CheckpointError) -> (Graph.Node, [Part])? {
    guard let layer = try whole.next() else { return nil }
    var parts: [Part] = []
    for index in slices.indices {
      guard let alone = try slices[index].pass.next() else { return nil }
      let samples = slices[index].samples
      for (output, own) in zip(layer.outputs, alone.outputs) {
        let mine = try output.samples(samples, of: batch)
        guard mine.shape == own.shape else { throw Self.unsliced(layer.node, output) }
        parts.append(
          Part(device: slices[index].device, samples: samples, whole: mine, alone: own))
      }
    }
    return (layer.node, parts)
  }

  /// The rows of all devices after all nodes have run. A device without samples only counts the
  /// batch, in BatchNorms that train.
  var rows: [Row] {
    let trained = Set(
      standard.graph.batchNorms.filter { $0.mode(given: mode) == .training }.map(\.module))
    let passes = Dictionary(uniqueKeysWithValues: slices.map { ($0.device, $0.pass) })
    return standard.batchNorms.sorted { $0.key < $1.key }.flatMap { name, module in
      (whole.batchNorms[name]?.rows ?? []).enumerated().map { device, row in
        var idle = module.rows[0]
        if trained.contains(name) { idle.batchesTracked += 1 }
        return Row(
          module: name, device: device, whole: row,
          alone: passes[device]?.batchNorms[name]?.rows[0] ?? idle)
      }
    }
  }

  private static func unsliced(_ node: Graph.Node, _ output: DenseArray) -> CheckpointError {
    CheckpointError(
      .batchNormsDiffer, name: node.name,
      "the first dimension of its output \(output.shape) is not the batch, so it cannot be divided "
        + "among devices",
      advice: "verify in evaluation, or without a model")
  }
}

extension DenseArray {
  /// The values of some of the samples if the first dimension is the batch; else all values.
  fileprivate func samples(_ samples: [Int], of batch: Int) throws(CheckpointError) -> DenseArray {
    guard shape.first == batch, batch > 0 else { return self }
    let stride = values.count / batch
    return try DenseArray(
      shape: [samples.count] + shape.dropFirst(),
      values: samples.flatMap { values[$0 * stride..<($0 + 1) * stride] })
  }
}
