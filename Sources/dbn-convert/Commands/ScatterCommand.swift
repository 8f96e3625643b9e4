import ArgumentParser
import BatchNorm
import Checkpoints
import Comparison
import Tensors
import Verification

struct ScatterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scatter",
    abstract: "Write the file that each rank would have saved: row i becomes rank i's buffers.",
    discussion: "The way back from 'gather'. All files appear, or none.")

  @Argument(help: "The checkpoint with replicated BatchNorms.")
  var input: String

  @Argument(help: "The files to write, with %d, or %02d, for the rank: rank-%d.pth.")
  var pattern: String

  @OptionGroup var entry: EntryOption
  @OptionGroup var opaque: OpaqueOption
  @OptionGroup var target: TargetOptions
  @OptionGroup var options: OutputOptions

  func validate() throws {
    guard RankPattern(pattern) != nil else {
      throw ValidationError(
        "The name of the output has one %d, or %02d and the like, for the rank.")
    }
    guard target.shardSize == nil else {
      throw ValidationError("--shard-size is not for scatter.")
    }
  }

  func run() throws {
    guard let names = RankPattern(pattern) else { return }
    var conversion = try Conversion(
      from: input, to: names.path(0), target, reading: opaque.readingOptions)
    let (place, source, ranks) = try conversion.reading { checkpoint throws(CheckpointError) in
      let (place, stateDict) = try checkpoint.findStateDict(at: entry.path)
      return (place, stateDict, try stateDict.scattering())
    }
    conversion.note(at: place, isChosen: entry.path != nil)
    var files = StagedFiles()
    var losses: [ConversionReport.Item] = []
    // All of them before the first is written.
    for rank in ranks.indices { try conversion.existing.check(names.path(rank)) }
    for (rank, stateDict) in ranks.enumerated() {
      let one = Conversion(conversion, output: names.path(rank))
      losses = try one.stage(
        conversion.checkpoint.replacingStateDict(at: place, with: stateDict),
        record: ["operation": "scatter", "rank": .int(rank), "world_size": .int(ranks.count)],
        in: &files)
    }
    conversion.notes += conversion.checkpoint.settingsNotes()
    let health = BatchNormHealth(of: BatchNormSurvey(source).sites, in: source)
    options.remark(conversion.notes + health.sentences)
    try options.print(
      [
        "input": .string(input), "world_size": .int(ranks.count),
        "outputs": .array(ranks.indices.map { .string(names.path($0)) }),
        "health": health.json,
        "notes": .array(conversion.notes.map { .string($0) }),
      ],
      text:
        "\(names.path(0)) to \(names.path(ranks.count - 1)): \(counted(ranks.count, "rank")) of "
        + input + Conversion.text(losses: losses), naming: files)
  }
}

/// A path with a place for the rank.
struct RankPattern {
  private let head: String
  private let tail: String
  /// How many digits a number has at least.
  private let width: Int

  /// - Returns: nil unless the pattern has one `%d` or `%0Nd` in its last component.
  init?(_ pattern: String) {
    let parts = pattern.split(separator: "%", omittingEmptySubsequences: false)
    guard parts.count == 2, let end = parts[1].firstIndex(of: "d"), !parts[1][end...].contains("/")
    else { return nil }
    let digits = parts[1][..<end]
    guard digits.isEmpty || (digits.first == "0" && digits.count == 2 && Int(digits) ?? 0 > 0)
    else { return nil }
    head = String(parts[0])
    tail = String(parts[1][parts[1].index(after: end)...])
    width = Int(digits) ?? 0
  }

  func path(_ rank: Int) -> String {
    let number = "\(rank)"
    return head + String(repeating: "0", count: max(0, width - number.count)) + number + tail
  }
}
