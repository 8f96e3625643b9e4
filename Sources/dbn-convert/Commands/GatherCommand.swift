import ArgumentParser
import BatchNorm
import Checkpoints
import Comparison
import Tensors
import Verification

struct GatherCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gather",
    abstract: "Put the files of N ranks together: rank i's buffers become row i.",
    // The output is an option so that no rank's file is ever taken for it; it is needed all the same.
    usage: "dbn-convert gather <rank> ... --output <file> [<options>]",
    discussion: """
      Everything but the BatchNorms' buffers must agree to the last bit, or what differs is listed. \
      Names that differ in one number only are ordered by it. Files of any format.
      """)

  @Argument(
    help: ArgumentHelp("The files that the ranks saved.", valueName: "rank"))
  var ranks: [String]

  @Option(
    help: ArgumentHelp("The file to write; its extension says the format.", valueName: "file"))
  var output: String?

  @OptionGroup var entry: EntryOption
  @OptionGroup var opaque: OpaqueOption
  @OptionGroup var target: TargetOptions
  @OptionGroup var options: OutputOptions

  func validate() throws {
    guard output == nil else { return }
    throw ValidationError(
      "Name the file to write with --output: "
        + OldGatherCommand(CommandLine.arguments, positionals: ranks).newForm)
  }

  func run() throws {
    guard let output else { return }
    let (paths, areNumbered) = try RankNumbers.ordered(self.ranks)
    var conversion = try Conversion(
      from: paths[0], to: output, target, besides: paths,
      reading: opaque.readingOptions)
    let ranks = try paths.map { path throws(CheckpointError) in
      let checkpoint = try Checkpoint.open(path, options: opaque.readingOptions)
      return try RankCheckpoint(
        path: path, format: checkpoint.format ?? "", checkpoint, entry: entry.path)
    }
    let gathered = try StateDict.gathering(ranks)
    conversion.note(at: ranks[0].entry, isChosen: entry.path != nil)
    if !areNumbered {
      conversion.notes.append(
        "the files' names do not tell their ranks: the first given is rank 0")
    }
    var result = ranks[0].checkpoint.replacingStateDict(
      at: ranks[0].entry, with: gathered.stateDict)
    for rank in ranks.dropFirst() {
      result.batchNormSettings = result.batchNormSettings.filled(
        from: rank.checkpoint.batchNormSettings)
    }
    conversion.notes += result.settingsNotes()
    var files = StagedFiles()
    let losses = try conversion.stage(result, record: gathered.record, in: &files)
    let health = BatchNormHealth(
      of: BatchNormSurvey(gathered.stateDict).sites, in: gathered.stateDict)
    // What ranks have in common is said once.
    var said = Set(conversion.notes)
    let notes = ranks.flatMap(\.checkpoint.notes).filter { said.insert($0).inserted }
    options.remark(conversion.notes + notes + health.sentences)
    try options.print(
      conversion.json(gathered.record, gathered.report.adding(losses: losses), health: health),
      text: "\(output): \(counted(gathered.report.converted.count, "BatchNorm")) of "
        + "\(counted(ranks.count, "rank")) gathered into replicated ones"
        + Conversion.text(losses: losses), naming: files)
  }
}
