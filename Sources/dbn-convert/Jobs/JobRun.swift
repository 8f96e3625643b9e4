import ArgumentParser
import DBNCheckpointFormats
import DBNPlatform
import DBNTensors
import Synchronization

/// Does all jobs of a command line on several threads. One that fails does not stop the others.
final class JobRun: Sendable {
  private let request: JobRequest
  private let source: JobSource
  private let work: JobWork
  private let tally = Mutex(JobTally())
  /// Jobs that another process was doing when their turn came.
  private let claimed = Mutex<[Job]>([])
  private let bar: ProgressBar

  init(_ request: JobRequest) throws {
    self.request = request
    // If this fails, and the folder is not there, each job's error says so.
    if let folder = request.outputFolder { mkdir(folder, 0o777) }
    source = try JobSource(request)
    work = JobWork(
      options: request.options, results: try request.options.results.map { try JobResults($0) })
    bar = ProgressBar(request.command.name, total: try source.count, unit: .jobs)
  }

  /// Does the jobs, prints what became of them, and returns the exit status: 2 if one failed, 1 if
  /// one found a difference, else 0.
  func exitStatus() throws -> Int32 {
    signal(SIGPIPE, SIG_IGN)
    try onAllThreads { () throws(CheckpointError) in try source.next() }
    // What others are still doing is waited for, and done here if they fail.
    let claimed = Mutex(claimed.withLock { $0 }[...])
    try onAllThreads(waiting: true) { () throws(CheckpointError) in
      claimed.withLock { $0.popFirst() }.map { .job($0) }
    }
    bar.finish()
    let tally = tally.withLock { $0 }
    if request.options.results == nil {
      if !request.outputs.quiet { Console.error("dbn-convert: \(tally.text)") }
    } else if request.outputs.json {
      try Console.result(tally.document)
    } else if !request.outputs.quiet {
      try Console.result([tally.text])
    }
    return tally.exitStatus
  }

  private func onAllThreads(
    waiting: Bool = false,
    _ next: @Sendable () throws(CheckpointError) -> JobSource.Item?
  ) throws(CheckpointError) {
    let cores = Int(dbn_core_count())
    let count = min(request.options.jobs ?? cores, cores)
    let (budget, listings) = (MemoryBudget(), IndexListings())
    try concurrentForEach(count) { _ throws(CheckpointError) in
      try budget.shared { () throws(CheckpointError) in
        try Concurrency.limited(to: cores / count) { () throws(CheckpointError) in
          try IndexListings.$current.withValue(listings) {
            Result { () throws(CheckpointError) in
              while !isStopped, let item = try next() { try finish(item, waiting: waiting) }
            }
          }.get()
        }
      }
    }
  }

  private var isStopped: Bool {
    request.options.failFast && tally.withLock { $0.failed > 0 }
  }

  private func finish(_ item: JobSource.Item, waiting: Bool) throws(CheckpointError) {
    switch item {
    case .invalid(let line, let error):
      let outcome = JobOutcome.failed([.init("line", .int(line))], error)
      try work.results?.append(outcome.line)
      try add(outcome)
    case .job(let job):
      if let outcome = try work.outcome(of: job, waits: waiting) {
        try add(outcome)
      } else {
        claimed.withLock { $0.append(job) }
      }
    }
  }

  private func add(_ outcome: JobOutcome) throws(CheckpointError) {
    // One after the other, so that lines of different jobs do not mix.
    try tally.withLock { tally throws(CheckpointError) in
      tally.add(outcome)
      if let error = outcome.error, !request.outputs.quiet {
        Console.error("dbn-convert: error: \(error.inCommandWords)")
      }
      guard work.results == nil else { return }
      if request.outputs.json {
        try Console.result(line: outcome.line)
      } else if !outcome.lines.isEmpty, !request.outputs.quiet {
        try Console.result(outcome.lines)
      }
    }
    bar.advance(by: 1)
  }
}

/// How many jobs ended how.
struct JobTally {
  private var counts: [JobOutcome.Status: Int] = [:]
  private var worstExit = 0

  mutating func add(_ outcome: JobOutcome) {
    counts[outcome.status, default: 0] += 1
    worstExit = max(worstExit, outcome.exit)
  }

  var failed: Int { counts[.failed] ?? 0 }
  var exitStatus: Int32 { Int32(worstExit) }

  private static let order: [JobOutcome.Status] = [.done, .different, .skipped, .failed]

  var text: String {
    let parts = Self.order.compactMap { status in
      counts[status].map { "\($0) \(status.rawValue)" }
    }
    return counted(counts.values.reduce(0, +), "job")
      + (parts.isEmpty ? "" : ": " + parts.joined(separator: ", "))
  }

  var document: Document {
    Document(
      .object(
        [.init("jobs", .int(counts.values.reduce(0, +)))]
          + Self.order.map { .init($0.rawValue, .int(counts[$0] ?? 0)) }))
  }
}
