import DBNTensors

/// What became of a job.
struct JobOutcome {
  enum Status: String {
    case done
    /// Done, and a difference was found.
    case different
    /// It was done before.
    case skipped
    case failed
  }

  let status: Status
  /// The exit status that the job alone would have had.
  let exit: Int
  /// Its line of results.
  let line: Document
  /// What the command prints for people; empty for a job that was skipped or has failed.
  var lines: [String] = []
  var error: CheckpointError?
  /// Whether the results have a line that says the same, so that none is added.
  var isRecorded = false

  private init(_ status: Status, exit: Int, _ members: [JSON.Member]) {
    (self.status, self.exit, line) = (status, exit, Document(.object(members)))
  }

  static func skipped(_ job: Job, _ record: JobRecord) -> JobOutcome {
    let status: [JSON.Member] = [
      .init("status", .string(Status.skipped.rawValue)), .init("exit", .int(record.exit)),
    ]
    return JobOutcome(.skipped, exit: record.exit, job.json + status + record.members)
  }

  static func done(
    _ job: Job, _ record: JobRecord, document: Document, lines: [String], duration: Duration
  ) -> JobOutcome {
    let status = record.exit == 0 ? Status.done : .different
    let members: [JSON.Member] = [
      .init("status", .string(status.rawValue)), .init("exit", .int(record.exit)),
      .init("seconds", .double((duration / .milliseconds(1)).rounded() / 1000)),
    ]
    var outcome = JobOutcome(
      status, exit: record.exit,
      job.json + members + record.members + [.init("result", document.json)])
    outcome.lines = lines
    return outcome
  }

  /// - Parameter job: the members that name it.
  static func failed(_ job: [JSON.Member], _ error: CheckpointError) -> JobOutcome {
    let exit = error.isDifference ? 1 : 2
    let members: [JSON.Member] = [
      .init("status", .string(Status.failed.rawValue)), .init("exit", .int(exit)),
      .init("error", error.json),
    ]
    var outcome = JobOutcome(.failed, exit: exit, job + members)
    outcome.error = error
    return outcome
  }
}
