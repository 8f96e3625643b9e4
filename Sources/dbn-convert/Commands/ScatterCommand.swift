import ArgumentParser
import DBNBatchNorm
import DBNConversions
import DBNTensors

struct ScatterCommand: ResultCommand {
  static let configuration = CommandConfiguration(
    commandName: "scatter",
    abstract: "Write the file that each rank would have saved: row i becomes rank i's buffers.",
    discussion: "The reverse of 'gather'. Either all files are written, or none.")

  @Argument(help: "The checkpoint with replicated BatchNorms.", completion: .file())
  var input: String

  @Argument(help: "The files to write, with %d, or %02d, for the rank: rank-%d.pth.")
  var pattern: String

  @OptionGroup var selection: SelectionOptions
  @OptionGroup var entry: EntryOption
  @OptionGroup var opaque: OpaqueOption
  @OptionGroup var stateDict: StateDictOption
  @OptionGroup var target: TargetOptions
  @OptionGroup var options: OutputOptions

  func validate() throws {
    _ = try names()
    guard target.shardSize == nil else {
      throw ValidationError("scatter does not support --shard-size.")
    }
  }

  func result() throws -> CommandResult {
    let names = try names()
    let existing = try target.existingFiles(at: names.path(0), inputs: [input])
    let conversion = try stateDict.conversion(opening: input, entry, opaque)
    let ranks = try conversion.scattered(selection.selection)
    var files = StagedFiles()
    let written = try stage(ranks, to: names, existing, in: &files)
    let health = written[0].health
    options.remark(written[0].notes + health.notes)
    return CommandResult(
      [
        "input": .string(input), "world_size": .int(ranks.count),
        "outputs": .array(ranks.indices.map { .string(names.path($0)) }),
        "health": health.json,
        "notes": .array(written[0].notes.map { .string($0.inCommandWords) }),
      ],
      lines: [
        "\(names.path(0)) to \(names.path(ranks.count - 1)): \(counted(ranks.count, "rank")) of "
          + input
      ] + written[0].leftOutLines, naming: files)
  }

  private func names() throws -> RankPattern {
    guard let names = RankPattern(pattern) else {
      throw ValidationError(
        "The output name must have exactly one %d, or %02d and the like, for the rank.")
    }
    return names
  }

  private func stage(
    _ ranks: [ConversionResult], to names: RankPattern, _ existing: ExistingFiles,
    in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionResult] {
    let bar = ProgressBar(
      "writing \(pattern)", total: ranks.reduce(0) { $0 + $1.checkpoint.tensorByteCount })
    defer { bar.finish() }
    return try ranks.stage(
      to: names, as: target.format,
      options: target.writingOptions(existing) { bar.advance(by: $0) }, in: &files)
  }
}
