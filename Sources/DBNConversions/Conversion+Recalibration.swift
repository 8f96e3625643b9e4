public import DBNExecution
import DBNModels
public import DBNTensors
public import DBNVerification

extension Conversion {
  /// Measures the running statistics of every BatchNorm again, by forward passes over data.
  ///
  /// - Parameters:
  ///   - model: an architecture's name or a file with a graph; nil: the graph that the checkpoint
  ///     carries, or else the architecture that its tensors are those of.
  ///   - data: what the model is run on.
  ///   - statistics: how batches are put together.
  ///   - batch: the number of samples in one; the last may be shorter.
  ///   - batches: how many at most; nil: all of the data.
  ///   - progress: is told how many samples the model has been given, each time.
  /// - Returns: a result whose `recalibration` says what was measured.
  /// - Throws: `unknownModel`; as `Recalibration.run` and `findStateDict`.
  public func recalibrated(
    running model: String? = nil, on data: SampleData,
    statistics: Recalibration.Statistics = .population, batch: Int = 64, batches: Int? = nil,
    engine: Engine = .reference, options: ExecutionOptions = ExecutionOptions(),
    progress: @Sendable (Int) -> Void = { _ in }
  ) throws(CheckpointError) -> ConversionResult {
    let source = try WeightedModel(model, running: self, layouts: options.layouts)
    let (place, stateDict) = (source.weights[0].place, source.weights[0].stateDict)
    var recalibration = Recalibration(source.firstGraph, engine: engine, options: options)
    recalibration.statistics = statistics
    recalibration.batch = batch
    recalibration.batches = batches
    recalibration.path = path
    let measured = try recalibration.run(source.tensors[0], on: data, progress: progress)
    let updated = stateDict.updated(by: measured)
    let change = StateDictChange(entry: place, after: updated)
    let (result, _) = change.applied(to: checkpoint)
    var conversion = ConversionResult(
      self, result, record: recalibration.record(of: measured, on: data), ConversionReport(),
      notes: source.notes + data.notes
        + change.notes(in: checkpoint, isChosen: entry != nil) + result.settingsNotes(),
      examining: .of(updated),
      basis: ProofBasis.whatIsWritten(
        updated, at: place, settings: checkpoint.batchNormSettings))
    conversion.recalibration = measured
    return conversion
  }
}

extension Recalibration {
  /// What the history says: no path of this machine, no time.
  fileprivate func record(of result: Result, on data: SampleData) -> JSON {
    [
      "operation": "recalibrate",
      "data": .string(String(data.path?.split(separator: "/").last ?? "")),
      "scaling": data.scaling.json, "statistics": .string(statistics.rawValue),
      "samples": .int(result.samples), "batch": .int(batch), "batches": .int(result.batches),
      "batch_norms": .int(result.layers.count),
    ]
  }
}

extension StateDict {
  /// With the buffers that were measured; what the model has beside it stays out.
  fileprivate func updated(by result: Recalibration.Result) -> StateDict {
    var updated = self
    for name in names { if let tensor = result.stateDict[name] { updated[name] = tensor } }
    return updated
  }
}
