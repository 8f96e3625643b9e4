public import DBNExecution
public import DBNModels
public import DBNTensors

/// Measures the accuracy of several checkpoints of one classifier on the same samples.
///
/// Samples are read once, batch by batch, and every checkpoint runs each batch. Distributed
/// BatchNorms that evaluate each slice with its device's statistics make results depend on the
/// batch size.
public struct Evaluation: Sendable {
  /// The model.
  public var graph: Graph
  /// The engine that runs it.
  public var engine: Engine
  /// The engine's options.
  public var options: ExecutionOptions
  /// N; the last batch may be shorter.
  public var batch = 64
  /// The checkpoints' files, for errors.
  public var paths: [String] = []
  /// Epsilon and momentum of each checkpoint's BatchNorms, where they override the graph's.
  public var settings: [BatchNormSettingsTable] = []

  /// Makes an evaluation of a model.
  public init(
    _ graph: Graph, engine: Engine = .reference, options: ExecutionOptions = ExecutionOptions()
  ) {
    self.graph = graph
    self.engine = engine
    self.options = options
  }

  /// The result of one checkpoint.
  public struct Result: Sendable {
    /// The accuracy and the loss.
    public let classification: Classification
    /// How its BatchNorms depend on the batch; empty if they don't.
    public let sliceRules: [SliceRule]
    /// The time that its forward passes took, in seconds.
    public let seconds: Double
  }

  /// - Parameters:
  ///   - checkpoints: state dicts of the model.
  ///   - progress: called with the number of samples that every checkpoint has just run.
  /// - Returns: a result for each checkpoint.
  /// - Throws: `invalidBatch`; `invalidSamples`, when samples have no labels or the labels are not
  ///   the model's classes; an engine's errors for a model or samples that don't fit.
  public func run(
    _ checkpoints: [StateDict], on data: SampleData,
    progress: @Sendable (Int) -> Void = { _ in }
  ) throws(CheckpointError) -> [Result] {
    let input = try graph.onlyInput(batch: batch)
    guard data.labels != nil else { throw .samples(nil, "the samples have no labels") }
    let graph = self.graph.withOpenBatch(checkpoints.first ?? StateDict())
    var measured = try checkpoints.indices.map { index throws(CheckpointError) in
      do throws(CheckpointError) {
        let own = settings.indices.contains(index) ? graph.applying(settings[index]).graph : graph
        return Measurement(try engine.executor(own, checkpoints[index], options: options))
      } catch {
        throw error.with(path: paths.indices.contains(index) ? paths[index] : nil)
      }
    }
    try SampleBatches(data, batch: batch).forEach { next throws(CheckpointError) in
      for index in measured.indices {
        do throws(CheckpointError) {
          try measured[index].add(next, as: input)
        } catch {
          throw data.explaining(error, input: input)
        }
      }
      progress(next.range.count)
    }
    return measured.map(\.result)
  }
}

/// The measurement of one checkpoint in progress.
private struct Measurement {
  private var executor: any Executor
  private var classification = Classification()
  private var time = Duration.zero

  init(_ executor: any Executor) {
    self.executor = executor
  }

  mutating func add(_ batch: SampleBatches.Batch, as input: String) throws(CheckpointError) {
    let start = ContinuousClock.now
    let outputs = try executor.run([input: batch.input], mode: .evaluation)
    time += start.duration(to: .now)
    try classification.add(
      outputs[0], labels: batch.labels, first: batch.range.lowerBound)
  }

  var result: Evaluation.Result {
    Evaluation.Result(
      classification: classification, sliceRules: executor.sliceRules,
      seconds: Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18)
  }
}

extension Graph {
  /// The name of the model's input.
  ///
  /// - Throws: `invalidBatch`; `invalidSamples` unless the model has exactly one input, and an
  ///   output.
  func onlyInput(batch: Int) throws(CheckpointError) -> String {
    guard batch > 0 else {
      throw CheckpointError(
        .invalidBatch, "a batch cannot have \(batch) samples", advice: "give a batch of 1 or more")
    }
    guard inputs.count == 1, !outputs.isEmpty else {
      throw .samples(
        nil,
        "\(name) has \(inputs.count) inputs and \(outputs.count) outputs, and only models of one "
          + "input and at least one output can be run on samples",
        advice: "give a model of one input")
    }
    return inputs[0].name
  }
}
