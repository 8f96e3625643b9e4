public import DBNExecution
public import DBNModels
public import DBNTensors
public import DBNVerification

extension Conversion {
  /// Measures the running statistics of every BatchNorm afresh, by forward passes over data.
  ///
  /// - Parameters:
  ///   - model: an architecture's name or a file with a graph; nil: the checkpoint's graph, or else
  ///     the architecture inferred from its tensors.
  ///   - data: the samples to run the model on.
  ///   - statistics: how the statistics of batches are combined.
  ///   - batch: the number of samples in a batch; the last may be shorter.
  ///   - batches: the most batches; nil: all data.
  ///   - statement: what the user states about the model's BatchNorms.
  ///   - progress: called with the number of samples that the model was just given.
  /// - Returns: a result whose `recalibration` contains the measurements.
  /// - Throws: `unknownModel`; as `Recalibration.run` and `findStateDict`.
  public func recalibrated(
    running model: String? = nil, on data: SampleData,
    statistics: Recalibration.Statistics = .population, batch: Int = 64, batches: Int? = nil,
    engine: Engine = .reference, options: ExecutionOptions = ExecutionOptions(),
    stating statement: BatchNormStatement = BatchNormStatement(),
    progress: @Sendable (Int) -> Void = { _ in }
  ) throws(CheckpointError) -> ConversionResult {
    let source = try WeightedModel(
      model, running: self, layouts: options.layouts, stating: statement)
    let (found, stateDict) = (source.weights[0].place, source.weights[0].stateDict)
    var recalibration = Recalibration(source.firstGraph, engine: engine, options: options)
    recalibration.statistics = statistics
    recalibration.batch = batch
    recalibration.batches = batches
    recalibration.path = path
    let measured = try recalibration.run(source.tensors[0], on: data, progress: progress)
    let updated = stateDict.updated(by: measured)
    let change = StateDictChange(entry: found, after: updated)
    let (result, _) = change.applied(to: checkpoint)
    var conversion = ConversionResult(
      self, result, record: recalibration.record(of: measured, on: data), ConversionReport(),
      notes: source.notes + source.layoutNotes + data.notes
        + [source.graph.frozenNote].compactMap(\.self)
        + change.notes(in: checkpoint, isChosen: entry != nil) + result.settingsNotes(),
      examining: .of(updated),
      basis: ProofBasis.whatIsWritten(
        updated, at: found, settings: checkpoint.batchNormSettings))
    conversion.recalibration = measured
    return conversion
  }
}

extension Graph {
  /// A note about the BatchNorms that are not measured; nil if all are.
  fileprivate var frozenNote: Guidance? {
    let frozen = frozenBatchNorms
    guard let first = frozen.first else { return nil }
    return
      "not measured, since the program was exported in training with these in evaluation: "
      + "\(counted(frozen.count, "BatchNorm")), beginning with '\(first.visible())'"
  }
}

extension Recalibration {
  /// The record for the history: without paths of this machine and times.
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
  /// The state dict with the measured buffers; other tensors of the model are not added.
  fileprivate func updated(by result: Recalibration.Result) -> StateDict {
    var updated = self
    for name in names { if let tensor = result.stateDict[name] { updated[name] = tensor } }
    return updated
  }
}
