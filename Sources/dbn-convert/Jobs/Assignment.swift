import DBNConversions
import DBNPlatform
import DBNTensors

/// What is being done: the process's own command line, or one of many jobs.
struct Assignment: Sendable {
  /// From the subcommand on.
  let arguments: [String]
  /// What the written file's history says of the job; nil if it is no job.
  var stamp: JobStamp?
  /// Whether other jobs are done too, so that it shows no progress of its own.
  var isOneOfMany = false

  /// That of the thread that asks.
  @TaskLocal static var current = Assignment(arguments: Array(processArguments.dropFirst()))

  /// Undoes what killed processes have left in an output's folder; for one of many jobs, `JobWork`
  /// does it once for each folder.
  static func clearLeftovers(besides path: String) {
    if !current.isOneOfMany { Leftovers.clear(besides: path) }
  }
}
