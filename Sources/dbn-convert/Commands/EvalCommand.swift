import ArgumentParser
import DBNConversions
import DBNExecution
import DBNModels
import DBNReports
import DBNTensors
import DBNVerification

struct EvalCommand: ResultCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Measure accuracy and loss of checkpoints on labelled data, side by side.",
    discussion: """
      The data are read batch by batch, and every checkpoint is given each batch. Numbers are given \
      to the model as they are stored, unless --divide, --mean and --std say otherwise. The loss is \
      the mean cross-entropy of the softmax of the outputs.

      A distributed checkpoint is evaluated by its own rule: each device's slice of the batch is \
      normalised with that device's statistics, so the results depend on --batch.
      """)

  @Argument(
    help: "The checkpoint, or with --weights the model: an architecture, or a file with a graph.",
    completion: .file())
  var model: String

  @Option(
    help: ArgumentHelp("A checkpoint; may be repeated.", valueName: "file"), completion: .file())
  var weights: [String] = []

  @Flag(help: "List accuracy and loss of every class.")
  var perClass = false

  @OptionGroup var data: DataOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup var statement: StatementOptions
  @OptionGroup var entry: EntryOption
  @OptionGroup var opaque: OpaqueOption
  @OptionGroup var report: ReportOption
  @OptionGroup var options: OutputOptions

  func result() throws -> CommandResult {
    let existing = try report.existingFiles(
      inputs: [model, data.data, statement.source.file.layoutFile] + weights)
    let engineOptions = try statement.options(engine)
    let source = try WeightedModel(
      model, weights: weights, entry: entry.path, reading: opaque.readingOptions,
      layouts: engineOptions.layouts, stating: statement.statement)
    let samples = try data.samples(labelled: true, opaque)
    var evaluation = Evaluation(
      source.graph, engine: engine.engine, options: engineOptions)
    evaluation.batch = data.batch
    evaluation.paths = source.weights.map(\.path)
    evaluation.settings = source.weights.map(\.settings)
    let bar = ProgressBar("evaluating", total: samples.count, unit: .samples)
    defer { bar.finish() }
    let results = try evaluation.run(source.tensors, on: samples) { bar.advance(by: $0) }
    bar.finish()
    options.remark(
      source.notes + source.notes(runIn: .evaluation) + samples.notes
        + (entry.path == nil ? source.otherNetworks : []))
    let output = EvaluationOutput(
      model: source.graph.name, data: data.data, samples: samples, batch: data.batch,
      weights: source.weights.map(\.path), results: results, listsClasses: perClass)
    return CommandResult(
      output.json, lines: output.lines,
      naming: try report.staged(existing, output.page(files: try files(of: source))))
  }

  private func files(
    of source: WeightedModel
  ) throws(CheckpointError) -> [(role: String, file: ReportedFile)] {
    let others: [(String, String?)] = [
      ("model", weights.isEmpty ? nil : model.fileOfModel), ("data", data.data),
      ("layout", statement.source.file.layoutFile),
    ]
    var files: [(role: String, file: ReportedFile)] = []
    for weights in source.weights {
      let file = try ReportedFile(weights.path, history: weights.checkpoint.history)
      files.append(("checkpoint", file))
    }
    for case (let role, let path?) in others { files.append((role, try ReportedFile(path))) }
    return files
  }
}
