import ArgumentParser
import DBNCheckpoints
import DBNConversions
import DBNTensors

/// Does single jobs.
struct JobWork: Sendable {
  let options: JobOptions
  let results: JobResults?

  /// Does the job, unless it is done already.
  ///
  /// - Parameter waits: whether to wait for another process that is doing it.
  /// - Returns: nil if another process is doing it.
  func outcome(of job: Job, waits: Bool) -> JobOutcome? {
    do {
      let command = try command(for: job)
      if let record = results?[job], try record.holds(rehashing: options.rehash) {
        return .skipped(job, record)
      }
      guard !options.noClaims, let path = claimPath(of: job) else { return try done(job, command) }
      guard let claim = try claim(path, waits: waits) else { return nil }
      return try withExtendedLifetime(claim) { try done(job, command) }
    } catch let error as CheckpointError {
      return .failed(job.json, error)
    } catch {
      return .failed(job.json, CheckpointError(usage: error))
    }
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

  private func claim(_ path: String, waits: Bool) throws(CheckpointError) -> Claim? {
    do throws(CheckpointError) {
      return try Claim(path, waits: waits)
    } catch  where error.code == .noLocks {
      throw error.advising("give each process its own part with --shard, and add --no-claims")
    }
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
    if let path = job.writtenPath, try JobStamp(ofFile: path) == stamp {
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
      let (document, lines) = (try result.json(), try result.lines())
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
