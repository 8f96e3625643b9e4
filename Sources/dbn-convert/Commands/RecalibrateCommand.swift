public import ArgumentParser
import DBNBatchNorm
import DBNConversions
import DBNTensors
public import DBNVerification

struct RecalibrateCommand: ResultCommand {
  static let configuration = CommandConfiguration(
    commandName: "recalibrate",
    abstract: "Measure the statistics of every BatchNorm again, by forward passes over data.",
    discussion: """
      The model runs in training mode with unchanged weights, and the statistics of each \
      BatchNorm's inputs are measured: exact mean and variance over all of the data. A distributed \
      BatchNorm gets a row for each device, from the slices that the device had. \
      num_batches_tracked becomes the number of batches; nothing else changes.
      """)

  @Argument(help: "The model: an architecture, a file with a graph, or auto.", completion: .file())
  var model: String

  @Option(help: ArgumentHelp("The checkpoint to read.", valueName: "file"), completion: .file())
  var weights: String

  @Option(
    help: ArgumentHelp(
      "The file to write; its extension determines the format.", valueName: "file"),
    completion: .file())
  var output: String

  @Option(help: ArgumentHelp("Use only this many batches.", valueName: "N"))
  var batches: Int?

  @Option(
    help: ArgumentHelp(
      "population, or average (of the batches' means and variances, like PyTorch's update_bn).",
      discussion: """
        population: the mean and variance of all values together, like fvcore's precise BatchNorm.
        """))
  var statistics = Recalibration.Statistics.population

  @OptionGroup var data: DataOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup var statement: StatementOptions
  @OptionGroup var entry: EntryOption
  @OptionGroup var opaque: OpaqueOption
  @OptionGroup var stateDict: StateDictOption
  @OptionGroup var target: TargetOptions
  @OptionGroup var options: OutputOptions

  func validate() throws {
    guard batches ?? 1 > 0 else { throw ValidationError("--batches must be 1 or more.") }
  }

  func result() throws -> CommandResult {
    let existing = try target.existingFiles(
      at: output, inputs: [weights, model, data.data, statement.source.file.layoutFile])
    let conversion = try stateDict.conversion(opening: weights, entry, opaque)
    let result = try recalibrated(conversion, on: try data.samples(labelled: false, opaque))
    var files = StagedFiles()
    let written = try target.stage(result, to: output, existing, in: &files)
    let health = written.health
    options.remark(written.notes + health.notes)
    guard let measured = written.recalibration else {
      preconditionFailure("a recalibrated result has its measurements")
    }
    if let batches, batches > measured.batches {
      options.remark(["the data has only \(counted(measured.batches, "batch")), not \(batches)"])
    }
    return CommandResult(
      json(written.json(writtenTo: output, health: health), measured),
      lines: [text(measured)] + written.leftOutLines, naming: files)
  }

  private func recalibrated(
    _ conversion: Conversion, on samples: SampleData
  ) throws(CheckpointError) -> ConversionResult {
    let bar = ProgressBar("recalibrating", total: samples.count, unit: .samples)
    defer { bar.finish() }
    return try conversion.recalibrated(
      running: model, on: samples, statistics: statistics, batch: data.batch, batches: batches,
      engine: engine.engine, options: try statement.options(engine),
      stating: statement.statement
    ) { bar.advance(by: $0) }
  }

  private func text(_ result: Recalibration.Result) -> String {
    var text =
      "\(output): \(counted(result.layers.count, "BatchNorm")) of \(weights) measured again on "
      + "\(counted(result.samples, "sample")), inputs \(data.scaling.text), in "
      + "\(counted(result.batches, "batch"))"
    if let worst = result.layers.max(by: { $0.moved < $1.moved }) {
      text +=
        "; \(worst.name.moduleName) changed most: means by up to "
        + "\(worst.meanMoved.rounded(digits: 3)) standard deviations, variances by up to "
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
