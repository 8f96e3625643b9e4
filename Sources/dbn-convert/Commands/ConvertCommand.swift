import ArgumentParser
import DBNBatchNorm
import DBNCheckpoints
import DBNConversions
import DBNTensors

struct ConvertCommand: ResultCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Write a checkpoint in another format, without losing anything.")

  @Argument(help: "The checkpoint to read.", completion: .file())
  var input: String

  @Argument(help: "The file to write; its extension determines the format.", completion: .file())
  var output: String

  @OptionGroup var entry: EntryOption
  @OptionGroup var opaque: OpaqueOption

  @OptionGroup var stateDict: StateDictOption

  @OptionGroup var transformations: TransformationOptions
  @OptionGroup var target: TargetOptions
  @OptionGroup var proofOptions: ProofOptions
  @OptionGroup var options: OutputOptions
  @OptionGroup(title: "Many Files") var outputFolder: OutputFolderOption
  @OptionGroup(title: "Many Files") var jobs: JobOptions

  func validate() throws {
    guard entry.entry == nil || stateDict.stateDictOnly || !transformations.isEmpty else {
      throw ValidationError(
        "--entry needs --state-dict-only, --keep, --drop, --strip-prefix, --rename or --cast: it "
          + "chooses the state dict for them.")
    }
  }

  func result() throws -> CommandResult {
    let existing = try target.existingFiles(at: output, inputs: [input, proofOptions.model])
    try proofOptions.certificate.checkName()
    var files = StagedFiles()
    let result = try target.stage(
      converted(), to: output, existing, proof: proofOptions.proof, in: &files)
    try proofOptions.certify(
      result, reading: [input, transformations.likeKeras], in: &files)
    let health = result.health
    options.remark(result.notes + health.notes)
    return CommandResult(
      result.json(writtenTo: output, health: health), lines: lines(result), naming: files)
  }

  private func converted() throws -> ConversionResult {
    let conversion = try Conversion(
      opening: input, entry: entry.path, options: opaque.readingOptions)
    return try conversion.converted(
      by: transformations.transformations(within: opaque.limits),
      stateDictOnly: stateDict.stateDictOnly,
      allowsLosses: target.lossy)
  }

  private func lines(_ result: ConversionResult) -> [String] {
    var tensors = 0
    result.checkpoint.root.forEachLeaf { if $1.tensor != nil { tensors += 1 } }
    let summary =
      "\(output): \(counted(tensors, "tensor")) from \(input) (\(result.source.format))"
      + result.report.skippedText
    return [summary] + result.report.losses.map { "lost: \($0.name.visible()): \($0.reason)" }
      + result.leftOutLines + result.proofLines
  }
}

extension ConvertCommand: CertifiedCommand {
  func finding(repeating certificate: Certificate) throws -> Certificate.Finding {
    try proofOptions.finding(of: converted(), at: output, repeating: certificate)
  }
}
