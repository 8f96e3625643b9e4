public import ArgumentParser
import BatchNorm
import Checkpoints
import Models
import Tensors
public import Verification

struct RecalibrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recalibrate",
    abstract: "Measure the statistics of every BatchNorm anew, by forward passes over data.",
    discussion: """
      The model runs in training mode with its weights as they are, and the statistics that \
      BatchNorms see are gathered: exact mean and variance over all of the data. A distributed \
      BatchNorm gets a row for each device, of the slices that the device had. \
      num_batches_tracked becomes the number of batches; nothing else changes.
      """)

  @Argument(help: "The model: an architecture, a file with a graph, or auto.")
  var model: String

  @Option(help: ArgumentHelp("The checkpoint to read.", valueName: "file"))
  var weights: String

  @Option(
    help: ArgumentHelp("The file to write; its extension says the format.", valueName: "file"))
  var output: String

  @Option(help: ArgumentHelp("Use so many batches only.", valueName: "N"))
  var batches: Int?

  @Option(
    help: ArgumentHelp(
      "population, or average: of the batches' means and variances, as PyTorch's update_bn.",
      discussion: """
        population: the mean and the variance of all values together, as fvcore's precise BatchNorm.
        """))
  var statistics = Recalibration.Statistics.population

  @OptionGroup var data: DataOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup var entry: EntryOption
  @OptionGroup var opaque: OpaqueOption
  @OptionGroup var target: TargetOptions
  @OptionGroup var options: OutputOptions

  func validate() throws {
    guard batches ?? 1 > 0 else { throw ValidationError("--batches is 1 or more.") }
  }

  func run() throws {
    var conversion = try Conversion(
      from: weights, to: output, target, besides: [model, data.data],
      reading: opaque.readingOptions)
    let source = try WeightedModel(
      model, weights: [weights], entry: entry.path, reading: opaque.readingOptions)
    let samples = try data.samples(labelled: false)
    var recalibration = Recalibration(
      source.firstGraph, engine: engine.engine, options: engine.options)
    recalibration.statistics = statistics
    recalibration.batch = data.batch
    recalibration.path = weights
    recalibration.batches = batches
    let bar = ProgressBar("recalibrating", total: samples.count, unit: .samples)
    defer { bar.finish() }
    let result = try recalibration.run(source.tensors[0], on: samples) { bar.advance(by: $0) }
    bar.finish()
    conversion.note(at: source.weights[0].place, isChosen: entry.path != nil)
    let record = record(result)
    let updated = source.weights[0].stateDict.updated(by: result)
    var files = StagedFiles()
    let losses = try conversion.stage(
      conversion.checkpoint.replacingStateDict(at: source.weights[0].place, with: updated),
      record: record, in: &files)
    conversion.notes += conversion.checkpoint.settingsNotes()
    let health = BatchNormHealth(of: BatchNormSurvey(updated).sites, in: updated)
    options.remark(
      source.notes + samples.notes
        + conversion.notes.dropFirst(conversion.checkpoint.notes.count) + health.sentences)
    try options.print(
      json(conversion.json(record, health: health), result),
      text: text(result) + Conversion.text(losses: losses), naming: files)
  }

  /// What the history says: no path of this machine, no time.
  private func record(_ result: Recalibration.Result) -> JSON {
    [
      "operation": "recalibrate",
      "data": .string(String(data.data.split(separator: "/").last ?? "")),
      "scaling": data.scaling.json, "statistics": .string(statistics.rawValue),
      "samples": .int(result.samples), "batch": .int(data.batch),
      "batches": .int(result.batches), "batch_norms": .int(result.layers.count),
    ]
  }

  private func text(_ result: Recalibration.Result) -> String {
    var text =
      "\(output): \(counted(result.layers.count, "BatchNorm")) of \(weights) measured anew on "
      + "\(counted(result.samples, "sample")), inputs \(data.scaling.text), in "
      + "\(counted(result.batches, "batch"))"
    if let worst = result.layers.max(by: { $0.moved < $1.moved }) {
      text +=
        "; most moved \(worst.name.moduleName): means up to "
        + "\(worst.meanMoved.rounded(digits: 3)) standard deviations, variances up to "
        + "\((worst.varianceMoved * 100).rounded(digits: 1)) %"
    }
    return text
  }

  private func json(_ json: JSON, _ result: Recalibration.Result) -> JSON {
    let layers = result.layers.map { layer -> JSON in
      [
        "name": .string(layer.name), "world_size": .int(layer.worldSize),
        "mean_moved": .double(layer.meanMoved), "variance_moved": .double(layer.varianceMoved),
      ]
    }
    return .object((json.members ?? []) + [.init("layers", .array(layers))])
  }
}

extension Recalibration.Statistics: ExpressibleByArgument {}

extension RecalibratedLayer {
  fileprivate var moved: Double { max(meanMoved, varianceMoved) }
}

extension StateDict {
  /// With the buffers that were measured; what the model has beside it stays out.
  fileprivate func updated(by result: Recalibration.Result) -> StateDict {
    var updated = self
    for name in names { if let tensor = result.stateDict[name] { updated[name] = tensor } }
    return updated
  }
}
