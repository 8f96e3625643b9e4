import ArgumentParser
import DBNBatchNorm
import DBNConversions
import DBNTensors

struct ToDistributedCommand: ResultCommand {
  static let configuration = CommandConfiguration(
    commandName: "to-distributed",
    abstract: "Map standard BatchNorm to distributed BatchNorm of V virtual devices.",
    discussion: """
      Every device starts from the same running statistics: in evaluation the outputs are the same \
      to the last bit, and 'to-standard' gives the checkpoint back.
      """)

  @Argument(help: "The checkpoint to read.", completion: .file())
  var input: String

  @Argument(help: "The file to write; its extension determines the format.", completion: .file())
  var output: String

  @Option(help: ArgumentHelp("The number of virtual devices.", valueName: "V"))
  var worldSize: Int

  @Option(
    help: ArgumentHelp(
      "How the devices' statistics are kept: replicated, ghost, split, sub, first-device, or the "
        + "name of a layout file's layout; replicated by default.", valueName: "layout"),
    completion: .list(BatchNormLayout.ofDevices.map(\.name)))
  var layout: String?

  @Option(
    help: ArgumentHelp(
      "How the replicas of an already distributed checkpoint are merged first: identical, first, "
        + "mean, pooled or replica:K.", valueName: "rule"))
  var statistics: MergeRule?

  @OptionGroup var source: SourceLayoutOptions

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
    guard (1...StateDict.worldSizeLimit).contains(worldSize) else {
      throw ValidationError("--world-size must be from 1 to \(StateDict.worldSizeLimit).")
    }
    try source.file.validate(
      layout, of: "--layout", among: BatchNormLayout.ofDevices, otherwise: "to-standard")
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
    let report = result.report
    return CommandResult(
      result.json(writtenTo: output, health: health),
      lines: [
        "\(output): \(counted(report.converted.count, "BatchNorm")) of \(input) mapped to "
          + "\(layout), \(counted(worldSize, "virtual device"))" + report.lossText
          + report.skippedText
      ] + result.leftOutLines + result.proofLines, naming: files)
  }
}

extension ToDistributedCommand: CertifiedCommand {
  func finding(repeating certificate: Certificate) throws -> Certificate.Finding {
    try proofOptions.finding(
      of: converted(to: targetLayout()), at: output, repeating: certificate)
  }

  private func converted(to layout: BatchNormLayout) throws -> ConversionResult {
    try stateDict.conversion(opening: input, entry, opaque).toDistributed(
      worldSize: worldSize, layout: layout, merging: statistics, selection: selection.selection,
      reading: source.hint(usesFile: false))
  }

  /// - Throws: `invalidLayout` if no layout with virtual devices has the name.
  private func targetLayout() throws(CheckpointError) -> BatchNormLayout {
    guard let layout else { return try source.file.layout() ?? .replicated }
    let found = try source.file.layout(named: layout)
    guard found.storesDevices else {
      throw CheckpointError(
        .invalidLayout, name: layout, "it stores nothing for virtual devices",
        advice: "choose replicated, ghost, split, sub or first-device, or use 'to-standard'")
    }
    return found
  }
}
