public import DBNExecution
public import DBNModels
public import DBNTensors

/// Measures the running statistics of every BatchNorm of a model again, on data.
///
/// The model runs in training mode, where each BatchNorm normalises with the statistics of its batch
/// (of each device's slice), and these are gathered. Weights do not change. With `population`, the
/// result is the mean and the biased variance of all values that a BatchNorm was given: what
/// fvcore's `update_bn_stats` computes, each batch weighted by its number of values. A replicated
/// BatchNorm gets a row for each device, of the slices that the device had.
///
/// `num_batches_tracked` becomes the number of batches, as `update_bn` leaves it: the statistics are
/// those of that many batches. Everything else stays as it is.
public struct Recalibration: Sendable {
  /// How batches are put together.
  public enum Statistics: String, Sendable, CaseIterable {
    /// The mean and the biased variance of all values (law of total variance).
    case population
    /// The averages of the batches' means and unbiased variances, as `update_bn`.
    case average
  }

  /// The model.
  public var graph: Graph
  /// What runs it.
  public var engine: Engine
  /// How it is run; its `layouts` are those that the state dict may be in too.
  public var options: ExecutionOptions
  /// How the batches' statistics are put together.
  public var statistics = Statistics.population
  /// N; the last batch may be shorter.
  public var batch = 64
  /// How many batches at most; nil: all of the data.
  public var batches: Int?
  /// The file that the checkpoint is from, for errors.
  public var path: String?

  /// Makes a recalibration of a model in batches of 64 samples.
  public init(
    _ graph: Graph, engine: Engine = .reference, options: ExecutionOptions = ExecutionOptions()
  ) {
    self.graph = graph
    self.engine = engine
    self.options = options
  }

  /// What was measured.
  public struct Result: Sendable {
    /// The state dict with the new buffers.
    public let stateDict: StateDict
    /// How many samples the model was given.
    public let samples: Int
    /// How many batches they came in.
    public let batches: Int
    /// In the model's order.
    public let layers: [RecalibratedLayer]
  }

  /// - Parameter progress: called with the number of samples that the model was just given.
  /// - Throws: `invalidBatch`; `tooFewValues`, when a batch or a device's slice has one value per
  ///   channel, or a device had no samples at all; `unsupportedOperation` for layouts that are not
  ///   trained, and for a module that the model uses twice; what an engine can say of a model or
  ///   samples that do not fit.
  public func run(
    _ stateDict: StateDict, on data: SampleData, progress: @Sendable (Int) -> Void = { _ in }
  ) throws(CheckpointError) -> Result {
    let input = try graph.onlyInput(batch: min(batch, batches ?? 1))
    var measurement = try measurement(of: stateDict)
    let source = SampleBatches(data, batch: batch, batches: batches)
    try source.forEach { next throws(CheckpointError) in
      do throws(CheckpointError) {
        try measurement.add([input: next.input])
      } catch {
        throw data.explaining(error, input: input)
      }
      progress(next.range.count)
    }
    let modules = try measurement.modules(statistics)
    return Result(
      stateDict: try stateDict.withBuffers(of: modules), samples: source.samples,
      batches: source.count,
      layers: measurement.names.compactMap { name in
        guard let old = measurement.originals[name], let new = modules[name] else { return nil }
        return RecalibratedLayer(name: name, from: old, to: new)
      })
  }

  private func measurement(
    of stateDict: StateDict
  ) throws(CheckpointError) -> StatisticsMeasurement {
    do throws(CheckpointError) {
      return try StatisticsMeasurement(
        graph.withOpenBatch(stateDict), stateDict, layouts: options.layouts
      ) { graph, stateDict throws(CheckpointError) in
        try engine.executor(graph, stateDict, options: options)
      }
    } catch {
      throw error.with(path: path)
    }
  }
}
