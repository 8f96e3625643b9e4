import ArgumentParser
import DBNTensors

/// Options of a command that is given many files.
struct JobOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Do all jobs in this file, a JSON object on each line with the inputs, the output and options; - for standard input.",
      valueName: "jobs.jsonl"), completion: .file())
  var manifest: String?

  @Option(
    help: ArgumentHelp(
      "Append one line of JSON for each job to this file; a job that is done according to it is skipped.",
      valueName: "results.jsonl"), completion: .file())
  var results: String?

  @Option(
    help: ArgumentHelp(
      "How many jobs are done at the same time; by default, and at most, one for each core.",
      valueName: "N"))
  var jobs: Int?

  @Option(
    help: ArgumentHelp(
      "Do only part I of N, counted from 0, or 'auto': the part that the cluster gave this process.",
      discussion: """
        auto reads SLURM_ARRAY_TASK_ID and SLURM_ARRAY_TASK_COUNT, OMPI_COMM_WORLD_RANK and \
        OMPI_COMM_WORLD_SIZE, or for auto/N JOB_COMPLETION_INDEX.
        """, valueName: "I/N"))
  var shard: String?

  @Flag(help: "Begin no further job once one has failed.")
  var failFast = false

  @Flag(
    help: "Skip a job only if its inputs' bytes are as recorded; by default, size and time decide.")
  var rehash = false

  @Flag(help: "Do not mark jobs as begun: no other process must have the same jobs.")
  var noClaims = false

  func validate() throws {
    guard jobs ?? 1 > 0 else { throw ValidationError("--jobs must be 1 or more.") }
    _ = try part()
  }
}

extension JobOptions {
  /// The part that this process does; nil for everything.
  func part() throws -> Shard? {
    guard let shard else { return nil }
    guard let part = Shard(shard) else {
      throw ValidationError(
        shard.hasPrefix("auto")
          ? "--shard \(shard.visible(limit: 40)): the variables of Slurm's array jobs or Open MPI are not "
            + "set; for a Kubernetes indexed Job give the number of parts too: auto/16."
          : "--shard takes I/N, with I from 0 to N - 1, or auto.")
    }
    return part
  }
}

/// Where the outputs of many inputs go.
struct OutputFolderOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Convert all files that are named, each into a file of the same name in this folder.",
      discussion: "The extension is that of --to, or the input's.", valueName: "folder"),
    completion: .directory)
  var outputDir: String?
}
