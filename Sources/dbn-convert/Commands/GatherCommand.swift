import ArgumentParser
import DBNBatchNorm
import DBNConversions
import DBNPlatform
import DBNTensors

struct GatherCommand: ResultCommand {
  static let configuration = CommandConfiguration(
    commandName: "gather",
    abstract: "Combine the files of N ranks: rank i's buffers become row i.",
    // The output is an option so that no rank's file is ever mistaken for it, but it is required.
    usage: "dbn-convert gather <rank> ... --output <file> [<options>]",
    discussion: """
      The parts of DTensors (FSDP's, for example) are put together. Everything else except the \
      BatchNorms' buffers must be equal to the last bit; otherwise, the differences are listed. Files whose names differ only in one number are ordered by it. The \
      files can have any format.
      """)

  @Argument(
    help: ArgumentHelp("The files that the ranks saved.", valueName: "rank"), completion: .file())
  var ranks: [String]

  @Option(
    help: ArgumentHelp(
      "The file to write; its extension determines the format.", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup var selection: SelectionOptions
  @OptionGroup var entry: EntryOption
  @OptionGroup var opaque: OpaqueOption
  @OptionGroup var stateDict: StateDictOption
  @OptionGroup var target: TargetOptions
  @OptionGroup var options: OutputOptions

  func validate() throws {
    guard output == nil else { return }
    throw ValidationError(
      "Name the file to write with --output: "
        + OldGatherCommand(processArguments, positionals: ranks).newForm)
  }

  func result() throws -> CommandResult {
    // `validate` requires it.
    let output = output ?? ""
    let existing = try target.existingFiles(at: output, inputs: ranks)
    var files = StagedFiles()
    let result = try target.stage(
      Conversion.gathering(
        ranks, entry: entry.path, selection: selection.selection,
        stateDictOnly: stateDict.stateDictOnly,
        options: opaque.readingOptions),
      to: output, existing, in: &files)
    let health = result.health
    options.remark(result.notes + health.notes)
    return CommandResult(
      result.json(writtenTo: output, health: health),
      lines: [
        "\(output): \(counted(result.report.converted.count, "BatchNorm")) of "
          + "\(counted(ranks.count, "rank")) gathered in the replicated layout"
          + result.shardedText
      ] + result.leftOutLines,
      naming: files)
  }
}
