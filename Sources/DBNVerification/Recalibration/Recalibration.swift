public import DBNExecution
public import DBNModels
public import DBNTensors

/// Measures new running statistics for every BatchNorm of a model, on data.
///
/// The model runs in training mode, where each BatchNorm normalises with the statistics of its
/// batch (or of each device's slice), and these are collected. Weights do not change. With
/// `population`, the result is the mean and the biased variance of all of a BatchNorm's input
/// values, as computed by fvcore's `update_bn_stats`, with each batch weighted by its number of
/// values. A replicated BatchNorm gets a row for each device, from the slices of that device.
///
/// BatchNorms that a program exported for training has in evaluation are frozen, and keep their
/// statistics.
///
/// `num_batches_tracked` becomes the number of batches that were measured, as with `update_bn`.
/// Everything else is unchanged.
public struct Recalibration: Sendable {
  /// How the batches' statistics are combined.
  public enum Statistics: String, Sendable, CaseIterable {
    /// The mean and the biased variance of all values (law of total variance).
    case population
    /// The averages of the batches' means and unbiased variances, as in `update_bn`.
    case average
  }

  /// The model.
  public var graph: Graph
  /// The engine that runs it.
  public var engine: Engine
  /// The engine's options; its `layouts` also apply to the state dict.
  public var options: ExecutionOptions
  /// How the batches' statistics are combined.
  public var statistics = Statistics.population
  /// N; the last batch may be shorter.
  public var batch = 64
  /// The largest number of batches; nil for all of the data.
  public var batches: Int?
  /// The checkpoint's file, for errors.
  public var path: String?

  /// Makes a recalibration of a model in batches of 64 samples.
  public init(
    _ graph: Graph, engine: Engine = .reference, options: ExecutionOptions = ExecutionOptions()
  ) {
    self.graph = graph
    self.engine = engine
    self.options = options
  }

  /// The result of a recalibration.
  public struct Result: Sendable {
    /// The state dict with the new buffers.
    public let stateDict: StateDict
    /// How many samples were measured.
    public let samples: Int
    /// How many batches were measured.
    public let batches: Int
    /// The recalibrated BatchNorms, in the model's order.
    public let layers: [RecalibratedLayer]
  }

  /// - Parameter progress: called with the number of samples that the model has just run.
  /// - Throws: `invalidBatch`; `tooFewValues`, when a batch or a device's slice has one value per
  ///   channel, or a device had no samples at all; `unsupportedOperation` for layouts that are not
  ///   supported in training, and for a module that the model uses twice; an engine's errors for a
  ///   model or samples that don't fit.
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
