import ArgumentParser
import DBNCheckpoints
import DBNConversions
import DBNTensors
import Synchronization

/// Does single jobs.
final class JobWork: Sendable {
  let options: JobOptions
  let results: JobResults?
  /// Folders in which nothing is left of killed processes: looking for it takes a pass over all names,
  /// so it is done once and not for each job.
  private let clearedFolders = Mutex<Set<String>>([])

  init(options: JobOptions, results: JobResults?) {
    (self.options, self.results) = (options, results)
  }

  /// Does the job, unless it is done already, and adds its line to the results.
  ///
  /// - Parameter waits: whether to wait for another process that is doing it.
  /// - Returns: nil if another process is doing it.
  /// - Throws: `system` if the results can't be written.
  func outcome(of job: Job, waits: Bool) throws(CheckpointError) -> JobOutcome? {
    var claim: Claim?
    guard let outcome = attempt(job, waits: waits, &claim) else { return nil }
    // The claim ends after that: whoever has it next finds the line.
    if !outcome.isRecorded { try results?.append(outcome.line) }
    return withExtendedLifetime(claim) { outcome }
  }

  private func attempt(_ job: Job, waits: Bool, _ claim: inout Claim?) -> JobOutcome? {
    do {
      let path = options.noClaims ? nil : claimPath(of: job)
      let known = results?[job]
      if let known, try known.holds(rehashing: options.rehash) {
        // A process that was killed while it waited for the claim has left a file.
        if let path, FileIdentity(path) != nil { _ = try self.claim(path, for: job, waits: false) }
        return recorded(job, known)
      }
      // Only now: parsing takes longer than all of the above.
      let command = try command(for: job)
      guard let path else { return try done(job, command) }
      claim = try self.claim(path, for: job, waits: waits)
      guard let claim else { return nil }
      clearLeftovers(of: job, claim)
      if let latest = try results?.latest(job), latest != known,
        try latest.holds(rehashing: options.rehash)
      {
        return recorded(job, latest)
      }
      return try done(job, command)
    } catch let error as CheckpointError {
      return .failed(job.json, error)
    } catch {
      return .failed(job.json, CheckpointError(usage: error))
    }
  }

  /// The outcome of a job that is done according to the results.
  private func recorded(_ job: Job, _ record: JobRecord) -> JobOutcome {
    var outcome = JobOutcome.skipped(job, record)
    outcome.isRecorded = true
    return outcome
  }

  private func command(for job: Job) throws -> any JobCommand {
    do {
      guard var command = try DBNConvert.parseAsRoot(job.arguments) as? any JobCommand else {
        throw CheckpointError(.usage, "asks for help")
      }
      command.options.quiet = true
      return command
    } catch {
      var usage = CheckpointError(usage: error)
      usage.path = options.manifest
      usage.reason = "line \(job.line): \(usage.reason)"
      throw usage
    }
  }

  private func claim(
    _ path: String, for job: Job, waits: Bool
  ) throws(CheckpointError) -> Claim? {
    // Its error names the output, and says what is wrong with the folder.
    if let output = job.output { try ExistingFiles.replace.check(output) }
    do throws(CheckpointError) {
      return try Claim(path, waits: waits)
    } catch  where error.code == .noLocks {
      throw error.advising("give each process its own part with --shard, and add --no-claims")
    }
  }

  private func clearLeftovers(of job: Job, _ claim: Claim) {
    guard let output = job.output else { return }
    let folder = output.lastIndex(of: "/").map { String(output[..<$0]) } ?? ""
    let isNew = clearedFolders.withLock { $0.insert(folder).inserted }
    if isNew || claim.isTakenOver { Leftovers.clear(besides: output) }
  }

  /// Beside the output, or beside the results; nil if there is neither.
  private func claimPath(of job: Job) -> String? {
    guard let place = job.output ?? options.results.map({ "\($0).\(job.identity)" }) else {
      return nil
    }
    let parts = place.split(separator: "/", omittingEmptySubsequences: false)
    return (parts.dropLast() + [".\(parts.last ?? "").dbn-claim"]).joined(separator: "/")
  }

  private func done(_ job: Job, _ command: any JobCommand) throws -> JobOutcome {
    let start = ContinuousClock.now
    let before = job.inputs.map { InputState($0) }
    guard job.output != nil else {
      let crc32s = options.rehash ? try job.inputs.map(InputState.checksum) : nil
      return try run(command, job, reading: before, crc32s, since: start)
    }
    let stamp = try JobStamp(of: job)
    if let path = job.writtenPath,
      let written = try? JobStamp(ofFile: path, limitFactor: job.limitFactor),
      written.isDone(stamp, inPlace: job.replacesInput)
    {
      return .skipped(job, record(of: job, reading: before, stamp.inputs.map(\.crc32), exit: 0))
    }
    return try run(command, job, reading: before, stamp.inputs.map(\.crc32), stamp, since: start)
  }

  /// - Parameters:
  ///   - before: the states of the inputs before anything of them was read.
  ///   - crc32s: the checksums of the inputs, if they were computed.
  private func run(
    _ command: any JobCommand, _ job: Job, reading before: [InputState?], _ crc32s: [UInt32]?,
    _ stamp: JobStamp? = nil,
    since start: ContinuousClock.Instant
  ) throws -> JobOutcome {
    let assignment = Assignment(arguments: job.arguments, stamp: stamp, isOneOfMany: true)
    let (document, lines, isDifferent) = try Assignment.$current.withValue(assignment) {
      let result = try command.result()
      let (document, lines) = (try result.document(), try result.lines())
      let isDifferent = result.isDifferent
      guard job.inputs.map({ InputState($0) }) == before else {
        throw CheckpointError(
          .changedMeanwhile, path: job.inputs.first, "a file that is read has changed meanwhile",
          advice: "do it again when the file is complete")
      }
      try result.files.commit()
      return (document, lines, isDifferent)
    }
    let record = record(of: job, reading: before, crc32s, exit: isDifferent ? 1 : 0)
    return .done(job, record, document: document, lines: lines, duration: start.duration(to: .now))
  }

  private func record(
    of job: Job, reading states: [InputState?], _ crc32s: [UInt32]?, exit: Int
  ) -> JobRecord {
    let inputs = states.enumerated().compactMap { place, state in
      state.map { JobRecord.Input(state: $0, crc32: crc32s?[place]) }
    }
    return JobRecord(
      inputs: inputs, output: job.writtenPath.flatMap { InputState($0) }, exit: exit)
  }
}

extension Job {
  /// Whether the output is one of the inputs: it then has other bytes once the job is done.
  var replacesInput: Bool {
    guard let output, let identity = FileIdentity(output) else { return false }
    return inputs.contains { FileIdentity($0) == identity }
  }

  /// The file whose being there means that the output is: the index, if there are shards.
  var writtenPath: String? {
    guard let output else { return nil }
    let options = WritingOptions(shardByteCount: 1)
    return FormatRegistry.standard.outputs(at: output, options: options).first {
      FileIdentity($0) != nil
    }
  }
}

extension JobStamp {
  /// Reads all inputs of the job.
  fileprivate init(of job: Job) throws(CheckpointError) {
    var inputs: [Input] = []
    for path in job.inputs {
      inputs.append(
        Input(
          byteCount: InputState(path)?.byteCount ?? 0, crc32: try InputState.checksum(of: path)))
    }
    // Without folders, as everything in a history: the same conversion gives the same bytes.
    let options = job.options.filter { !$0.isNeutral }.map { option in
      let isFile = option.value.flatMap { FileIdentity($0) } != nil
      let name = option.value.flatMap { $0.split(separator: "/").last }.map(String.init)
      return JobOption(name: option.name, value: isFile ? name : option.value).argument
    }
    self.init(command: job.command.name, options: options, inputs: inputs)
  }
}

extension CheckpointError.Code {
  /// A file was written to while it was read.
  static let changedMeanwhile = Self("changed-meanwhile")
}
