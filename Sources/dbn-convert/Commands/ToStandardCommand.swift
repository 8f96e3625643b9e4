public import ArgumentParser
public import DBNBatchNorm
import DBNConversions
import DBNTensors

struct ToStandardCommand: ResultCommand {
  static let configuration = CommandConfiguration(
    commandName: "to-standard",
    abstract: "Map distributed BatchNorm back to standard BatchNorm.",
    discussion: """
      Replicas that are equal to the last bit merge without loss. Where they differ, how to merge \
      them is your choice; it is recorded in the file's history with what was lost. --eps and \
      --momentum are written into the file, as the settings of its BatchNorms. If nothing is to be \
      converted, the output is a copy; with --strict that is an error.
      """)

  @Argument(help: "The checkpoint to read.", completion: .file())
  var input: String

  @Argument(help: "The file to write; its extension determines the format.", completion: .file())
  var output: String

  @Option(
    help: ArgumentHelp(
      "How to merge replicas: identical, first, mean, pooled or replica:K.",
      discussion: """
        identical: they must be equal to the last bit. first: replica 0's. mean: the mean of means \
        and of variances. pooled: the mean and variance of all devices' samples together (law of \
        total variance). replica:K: replica K's, counted from 0. By default, the statistics \
        that evaluation uses if the layout stores them (split, sub), otherwise identical.
        """,
      valueName: "rule"))
  var statistics: MergeRule?

  @Option(
    help: ArgumentHelp(
      "Another single-device layout to write: frozen, nested, keras, keras-2 (gamma:0), keras-vars "
        + "(vars.0), or that of a layout file; standard by default.", valueName: "layout"),
    completion: .list(BatchNormLayout.ofOneDevice.map(\.name)))
  var layout: String?

  @OptionGroup var source: SourceLayoutOptions
  @OptionGroup var devices: FirstDeviceOptions
  @OptionGroup var settings: SettingsOptions
  @OptionGroup var selection: SelectionOptions
  @OptionGroup var entry: EntryOption
  @OptionGroup var opaque: OpaqueOption
  @OptionGroup var stateDict: StateDictOption
  @OptionGroup var target: TargetOptions
  @OptionGroup var proofOptions: ProofOptions
  @OptionGroup var options: OutputOptions
  @OptionGroup(title: "Many Files") var outputFolder: OutputFolderOption
  @OptionGroup(title: "Many Files") var jobs: JobOptions

  func validate() throws {
    try devices.validate(source)
    try source.file.validate(
      layout, of: "--layout", among: BatchNormLayout.ofOneDevice, otherwise: "to-distributed")
  }

  func result() throws -> CommandResult {
    let existing = try target.existingFiles(
      at: output, inputs: [input, source.file.layoutFile, proofOptions.model])
    try proofOptions.certificate.checkName()
    let layout = try targetLayout()
    var files = StagedFiles()
    let result = try target.stage(
      converted(to: layout), to: output, existing, proof: proofOptions.proof, in: &files)
    try proofOptions.certify(result, reading: [input, source.file.layoutFile], in: &files)
    let health = result.health
    options.remark(result.notes + health.notes)
    return CommandResult(
      result.json(writtenTo: output, health: health),
      lines: [text(result, to: layout)] + result.leftOutLines + result.proofLines, naming: files)
  }

  private func converted(to layout: BatchNormLayout) throws -> ConversionResult {
    let hint = try source.hint(
      worldSize: devices.worldSize, usesFile: try source.file.layout() != layout)
    let converted = try stateDict.conversion(opening: input, entry, opaque).converting(
      to: layout, merging: statistics, selection: selection.selection, reading: hint,
      stating: settings.settings)
    if opaque.strict { try converted.requireConverted() }
    return converted
  }

  private func text(_ result: ConversionResult, to layout: BatchNormLayout) -> String {
    let report = result.report
    guard !report.converted.isEmpty else { return "\(output): a copy of \(input)" }
    let start =
      "\(output): \(counted(report.converted.count, "BatchNorm")) of \(input) mapped to \(layout)"
    let hadReplicas = result.record["statistics"] != nil
    guard let worst = report.losses.first else {
      return start + (hadReplicas ? "; the replicas were identical, nothing is lost" : "")
        + report.skippedText
    }
    guard hadReplicas else { return start + report.lossText + report.skippedText }
    let rule = statistics.map { "replicas merged by '\($0)'" } ?? "with evaluation's statistics"
    return "\(start), \(rule); they differed in "
      + "\(counted(Set(report.losses.map(\.name)).count, "BatchNorm")), most in "
      + "\(worst.name.moduleName): \(worst.reason)" + report.skippedText
  }

  /// - Throws: `invalidLayout` if no layout of one device has the name.
  private func targetLayout() throws(CheckpointError) -> BatchNormLayout {
    guard let layout else { return .standard }
    let found = try source.file.layout(named: layout)
    guard !found.storesDevices else {
      throw CheckpointError(
        .invalidLayout, name: layout, "each of its devices has its own statistics",
        advice: "use 'to-distributed'")
    }
    return found
  }
}

extension ToStandardCommand: CertifiedCommand {
  func finding(repeating certificate: Certificate) throws -> Certificate.Finding {
    try proofOptions.finding(
      of: converted(to: targetLayout()), at: output, repeating: certificate)
  }
}

extension MergeRule: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
