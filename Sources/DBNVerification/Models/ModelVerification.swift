import DBNBatchNorm
public import DBNComparison
public import DBNExecution
public import DBNModels
public import DBNTensors

/// Compares two checkpoints of one model by running it: every layer of both on the same inputs,
/// side by side.
///
/// In training, a distributed checkpoint is compared with a standard one that is run on each
/// device's slice separately, from its own buffers: the outputs of every layer for slice i, and row
/// i of the updated buffers, must be equal. That defines the simulation of V devices. A program
/// that was exported for one number of samples runs with others too, if no size in it depends on
/// the batch.
///
/// All stored values are compared too, parameters, running statistics, counters and every other
/// tensor, to the bit or within the tolerance: one batch does not show every difference.
public struct ModelVerification: Sendable {
  /// The model.
  public var graph: Graph
  /// The engine that runs it.
  public var engine: Engine
  /// The engine's options; its `layouts` also apply to the two state dicts.
  public var options: ExecutionOptions
  /// Whether it runs in evaluation or in training; nil to run each BatchNorm in the mode with which
  /// the model was exported.
  public var mode: ExecutionMode? = .evaluation
  /// N, if the model leaves it open; nil for the model's batch, or one that reaches every virtual
  /// device.
  public var samples: Int?
  /// The inputs by name; nil to draw random inputs from the seed.
  public var inputs: [String: DenseArray]?
  /// Epsilon and momentum of the two files; if they have none, the graph's are used.
  public var settings = BatchNormSettingsPair()
  /// The first-device BatchNorms of the two files, which no tensor shows; nil: those of the graph.
  public var firstDevice = (
    a: BatchNormStatement.FirstDevice?.none, b: BatchNormStatement.FirstDevice?.none
  )
  /// How far apart numbers may be; by default they must be equal.
  public var tolerance = NumberComparison.Tolerance()
  /// The seed of random inputs.
  public var seed: UInt64 = 2026

  /// Makes a verification that runs a model in evaluation, to the last bit.
  public init(
    _ graph: Graph, engine: Engine = .reference, options: ExecutionOptions = ExecutionOptions()
  ) {
    self.graph = graph
    self.engine = engine
    self.options = options
  }

  /// - Throws: `batchNormsDiffer` when the two can't be compared, `invalidBatch`, and an engine's
  ///   errors for a model that does not fit.
  public func compare(_ a: StateDict, _ b: StateDict) throws(CheckpointError) -> VerificationResult
  {
    var verification = self
    verification.graph = graph.withOpenBatch(a)
    return try verification.compareOpened(a, b, exported: graph.fixedBatch)
  }

  /// - Parameter exported: the number of samples that the model was exported for, if it was fixed;
  ///   the graph may accept any number by now.
  private func compareOpened(
    _ a: StateDict, _ b: StateDict, exported: Int?
  ) throws(CheckpointError) -> VerificationResult {
    let pair = ExecutorPair(
      a: try executor(for: a, settings.a.filled(from: settings.b), firstDevice.a, "first"),
      b: try executor(for: b, settings.b.filled(from: settings.a), firstDevice.b, "second"))
    try checkBatch(for: pair)
    var inputs = self.inputs ?? [:]
    if self.inputs == nil { inputs = try drawnInputs(for: pair, exported) }
    let samples = graph.inputs.first.flatMap { inputs[$0.name]?.shape.first } ?? 0
    try pair.reach.check(samples, isFixed: graph.inputs.contains { $0.hasFixedBatch })
    var comparison = ModelComparison(
      pair, mode: mode, ulpsOf: scalarType(of: a), tolerance: tolerance)
    if trains {
      try comparison.compareTraining(on: inputs, samples: samples)
    } else {
      try comparison.compareEvaluation(on: inputs)
    }
    var result = VerificationResult(
      model: graph.name, mode: graph.mode(given: mode), samples: samples)
    result.notes +=
      [
        graph.noteOverridden(by: mode), graph.noteMomentum(given: mode, knowing: settings.a),
      ].compactMap(\.self) + firstDeviceNotes
    result.inputs = VerificationInputs(
      tensors: graph.inputs.compactMap { input in
        inputs[input.name].map { .init(name: input.name, shape: $0.shape) }
      }, seed: self.inputs == nil ? seed : nil)
    result.tolerance = tolerance
    result.engine = engine
    result.layers = comparison.layers
    result.otherDifferences = comparison.differences
    try result.compareState(a, b, batchNorms(a, b), tolerance: tolerance)
    return result
  }

  /// Notes about the files whose BatchNorms train on slices, which their tensors do not show.
  private var firstDeviceNotes: [Guidance] {
    [("first", firstDevice.a), ("second", firstDevice.b)].compactMap { which, stated in
      guard trains, let stated else { return nil }
      return
        "the BatchNorms of the \(which) file train as first-device ones of "
        + "\(counted(stated.worldSize, "device"))"
    }
  }

  private var trains: Bool { graph.trains(given: mode) }

  /// The BatchNorms of the state dicts, including those that the graph does not run.
  private func batchNorms(
    _ a: StateDict, _ b: StateDict
  ) throws(CheckpointError) -> [BatchNormPair] {
    let (a, b) = StateDict.sharingClasses(a, b)
    return try BatchNormPair.matching(
      a,
      BatchNormSurvey(
        a, layouts: options.layouts, known: try graph.batchNorms(in: a, options.layouts)),
      b,
      BatchNormSurvey(
        b, layouts: options.layouts, known: try graph.batchNorms(in: b, options.layouts)),
      options: BatchNormModule.Options(),
      settings: settings)
  }

  private func executor(
    for stateDict: StateDict, _ settings: BatchNormSettingsTable,
    _ firstDevice: BatchNormStatement.FirstDevice?, _ which: String
  ) throws(CheckpointError) -> any Executor {
    do throws(CheckpointError) {
      return try engine.executor(
        graph.applying(settings).graph.stating(firstDevice), stateDict, options: options)
    } catch {
      var error = error
      error.reason = "in the \(which) checkpoint: \(error.reason)"
      throw error
    }
  }

  /// - Throws: `invalidBatch` if the graph's fixed batch is not suitable.
  private func checkBatch(for pair: ExecutorPair) throws(CheckpointError) {
    guard let batch = graph.fixedBatch else { return }
    if let samples, samples != batch {
      throw CheckpointError(
        .invalidBatch, "\(graph.name) was exported for \(batch) samples and cannot run \(samples)",
        advice: "leave out the batch, or export it with a batch of any size")
    }
    if trains, try pair.roles() != nil {
      throw CheckpointError(
        .invalidBatch,
        "\(graph.name) was exported for \(batch) samples and cannot run on one device's slice",
        advice: "export it with a batch of any size (dynamic_shapes), or verify it in evaluation, "
          + "or without a model")
    }
  }

  private func drawnInputs(
    for pair: ExecutorPair, _ exported: Int?
  ) throws(CheckpointError) -> [String: DenseArray] {
    let needed = (trains ? 2 : 1) * pair.worldSize
    let own = exported.flatMap { $0 >= needed && pair.reach.isComplete($0) ? $0 : nil }
    var samples = self.samples ?? graph.fixedBatch ?? own ?? 0
    if samples == 0, self.samples == nil {
      samples = try pair.reach.leastSamples(from: max(8, needed))
    }
    guard (1...BatchNormVerification.samplesLimit).contains(samples) else {
      throw .invalidBatch(samples)
    }
    return try graph.drawInputs(samples: samples, seed: seed)
  }

  /// The type in whose ULPs differences are counted.
  private func scalarType(of stateDict: StateDict) -> ScalarType {
    let isDouble = stateDict.tensors.contains { $0.tensor.scalarType == .float64 }
    return isDouble ? .float64 : .float32
  }
}

extension Graph {
  /// The layouts of a state dict's BatchNorms, given the features that the model knows.
  fileprivate func batchNorms(
    in stateDict: StateDict, _ layouts: [BatchNormLayout]
  ) throws(CheckpointError) -> [String: BatchNormSurvey.Hint] {
    var known: [String: BatchNormSurvey.Hint] = [:]
    for node in nodes {
      guard let attributes = node.operation.batchNorm,
        let site = try BatchNormSite.find(
          attributes.module, features: attributes.norm.numFeatures, in: stateDict,
          layouts: layouts)
      else { continue }
      known[site.name] = .init(site.layout, worldSize: site.worldSize, features: site.features)
    }
    return known
  }
}
