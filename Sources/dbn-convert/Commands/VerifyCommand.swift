import ArgumentParser
import DBNBatchNorm
import DBNCheckpoints
import DBNConversions
import DBNExecution
import DBNModels
import DBNReports
import DBNTensors
import DBNVerification

struct VerifyCommand: ResultCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Prove that two checkpoints give the same outputs, or show where they differ.",
    discussion: """
      With --model, that model is run with both on the same inputs, and every layer is compared. \
      Without it, each BatchNorm is run alone, in Float64, on inputs drawn from its statistics. In \
      training mode a distributed checkpoint is compared with a standard one that is run on each \
      device's slice alone: the outputs of slice i and row i of the updated buffers must be equal.

      Everything that the models store is compared too: parameters, running statistics, counters and \
      every other tensor, bit for bit or, with --atol and --rtol, within the tolerance. Every state \
      dict that both files contain is compared, or only the one given by --entry. Names that differ \
      pair with --strip-prefix and --rename, each of which changes whichever of the two files has \
      such names, and a note says which. What is not \
      compared, such as optimizer states, is named ('diff' compares everything). Exit status 0: \
      equal; 1: different; 2: nothing could be compared.
      """)

  @Argument(help: "The first checkpoint.", completion: .file())
  var a: String

  @Argument(help: "The second checkpoint, of the same model.", completion: .file())
  var b: String

  @Option(
    help: ArgumentHelp(
      "Run this model: an architecture, or 'auto' to infer it.", valueName: "model"),
    completion: .file())
  var model: String?

  @Option(
    help: "A file with the model's inputs: tensors by name, or a single tensor.",
    completion: .file())
  var input: String?

  @OptionGroup var execution: ModeOption

  @Option(
    help: ArgumentHelp(
      "Samples in the mini-batch; by default two for each device, at least 8.", valueName: "N"))
  var batch: Int?

  @Flag(help: "List every layer.")
  var layers = false

  @OptionGroup var renaming: RenamingOptions
  @OptionGroup var statement: StatementOptions
  @OptionGroup var tolerance: ToleranceOptions
  @OptionGroup var engine: EngineOptions
  @OptionGroup var entry: EntryOption
  @OptionGroup var opaque: OpaqueOption
  @OptionGroup var report: ReportOption
  @OptionGroup var certificate: CertificateOption
  @OptionGroup var options: OutputOptions
  @OptionGroup(title: "Many Files") var jobs: JobOptions

  func validate() throws {
    guard (1...BatchNormVerification.samplesLimit).contains(batch ?? 1) else {
      throw ValidationError("--batch must be from 1 to \(BatchNormVerification.samplesLimit).")
    }
    guard model != nil || input == nil else {
      throw ValidationError("--input needs a model: name it with --model.")
    }
    guard model != nil || engine.engine == .reference else {
      throw ValidationError("--engine needs a model: name it with --model.")
    }
    guard model != nil || execution.mode != .training || statement.statement.firstDevice == nil
    else {
      throw ValidationError(
        "--from-layout first-device in training needs a model: name it with --model.")
    }
    guard batch == nil || input == nil else {
      throw ValidationError("--input determines the number of samples: leave out --batch.")
    }
  }

  func result() throws -> CommandResult {
    let existing = try report.existingFiles(inputs: [a, b] + otherInputs)
    try certificate.checkName()
    let (result, checkpointA, checkpointB) = try comparison()
    options.remark(checkpointA.notes + checkpointB.notes + result.notes)
    var files = try report.staged(existing, try page(result, checkpointA, checkpointB))
    try certificate.stage(
      Certificate.Finding(result.json, compared: result.digests), reading: [a, b] + otherInputs,
      in: &files)
    return CommandResult(
      result.json, lines: result.lines(listsLayers: layers, toListAll: "--layers lists all"),
      naming: files, isDifferent: !result.isEqual)
  }

  /// The files that are read besides the two checkpoints.
  private var otherInputs: [String?] {
    [model?.fileOfModel, input, statement.source.file.layoutFile]
  }

  /// - Returns: the result, and both files as they were read.
  private func comparison() throws -> (VerificationResult, Checkpoint, Checkpoint) {
    let (checkpointA, checkpointB) = (
      try Checkpoint.open(a, options: opaque.readingOptions),
      try Checkpoint.open(b, options: opaque.readingOptions)
    )
    let pair = try NamePairing(renaming.transformations, entry: entry.path)
      .pair(checkpointA, checkpointB)
    var verification = CheckpointVerification()
    verification.entry = entry.path
    verification.takesDigests = certificate.path != nil
    let statement = statement.statement
    verification.overriding = statement.settings
    verification.firstDevice = statement.firstDevice
    verification.usesHistory = statement.usesHistory
    verification.comparesPrograms = model == nil || model == Checkpoint.Model.automatic
    verification.programMode = execution.mode
    verification.batchNorms = try batchNormVerification()
    if let model { verification.model = try modelVerification(model, pair.a) }
    return (try verification.compare(pair), checkpointA, checkpointB)
  }

  private func page(
    _ result: VerificationResult, _ first: Checkpoint, _ second: Checkpoint
  ) throws(CheckpointError) -> Report {
    let others: [(String, String?)] = [
      ("model", model?.fileOfModel), ("inputs", input),
      ("layout", statement.source.file.layoutFile),
    ]
    var reported: [(String, ReportedFile)] = []
    for case (let role, let path?) in others { reported.append((role, try ReportedFile(path))) }
    return Report(
      result, a: try ReportedFile(a, history: first.history),
      b: try ReportedFile(b, history: second.history), others: reported)
  }

  private func batchNormVerification() throws(CheckpointError) -> BatchNormVerification {
    var verification = BatchNormVerification()
    verification.mode = execution.mode ?? .evaluation
    verification.samples = batch
    verification.tolerance = tolerance.tolerance
    verification.layouts = try statement.options(engine).layouts
    // What numbered variables are, nothing but the user's word shows.
    let hint = try statement.source.hint(usesFile: false)
    verification.hint = hint.flatMap { $0.layout.numbering == nil ? nil : $0 }
    return verification
  }

  private func modelVerification(
    _ name: String, _ checkpoint: Checkpoint
  ) throws(CheckpointError) -> (ModelVerification, Checkpoint.Model) {
    let weights: StateDict
    do throws(CheckpointError) {
      weights = try checkpoint.stateDict(at: entry.path)
    } catch {
      throw error.with(path: a)
    }
    let options = try statement.options(engine)
    let model = try Checkpoint.Model(
      named: name, for: weights, in: checkpoint, from: a, layouts: options.layouts,
      reading: opaque.readingOptions)
    var verification = ModelVerification(model.graph, engine: engine.engine, options: options)
    verification.mode = execution.mode
    verification.samples = batch
    verification.tolerance = tolerance.tolerance
    if let input {
      verification.inputs = try model.graph.inputs(from: input, reading: opaque.readingOptions)
    }
    return (verification, model)
  }
}

extension VerifyCommand: CertifiedCommand {
  func finding(repeating certificate: Certificate) throws -> Certificate.Finding {
    let (result, _, _) = try comparison()
    return Certificate.Finding(result.json, compared: result.digests)
  }
}
