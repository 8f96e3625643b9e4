import ArgumentParser
import DBNCheckpoints
import DBNPlatform
import DBNTensors
import Synchronization

/// Where jobs come from, one after the other, for several threads.
final class JobSource: Sendable {
  /// A line that is no job, or a job.
  enum Item {
    case job(Job)
    case invalid(line: Int, CheckpointError)
  }

  private enum Origin {
    case files(ArraySlice<Job>)
    case manifest(LineReader, line: Int)
  }

  private let request: JobRequest
  private let part: Shard?
  private let knownOptions: Set<String>
  private let origin: Mutex<Origin>

  /// - Throws: `system` if the manifest can't be opened; `ValidationError` if two inputs have the
  ///   same output.
  init(_ request: JobRequest) throws {
    self.request = request
    part = try request.options.part()
    let description = try CommandDescription(parsing: DBNConvert._dumpHelp())
    knownOptions = Set(
      (description.options(of: request.command.name) ?? []).map(\.name).filter {
        !JobRequest.names.contains($0) && !JobRequest.outputNames.contains($0)
          && $0 != JobRequest.folderName && $0.hasPrefix("--")
      })
    let origin: Origin =
      if let manifest = request.options.manifest {
        .manifest(try LineReader(manifest), line: 0)
      } else {
        .files(try request.jobsOfFiles()[...])
      }
    self.origin = Mutex(origin)
  }

  /// How many jobs there are, all parts together; 0 if that is not known before the end.
  var count: Int {
    get throws(CheckpointError) {
      guard let manifest = request.options.manifest else { return request.files.count }
      guard manifest != "-" else { return 0 }
      let lines = try LineReader(manifest)
      var count = 0
      while try lines.next() != nil { count += 1 }
      return count
    }
  }

  /// The next job of this process's part; nil after the last.
  ///
  /// - Throws: `system` if the manifest can't be read.
  func next() throws(CheckpointError) -> Item? {
    while let item = try nextOfAll() {
      if case .job(let job) = item, let part, !part.contains(job) { continue }
      // An invalid line is reported once, by the first part.
      if case .invalid = item, let part, part.index > 0 { continue }
      return item
    }
    return nil
  }

  private func nextOfAll() throws(CheckpointError) -> Item? {
    let next = try origin.withLock { origin throws(CheckpointError) -> (line: Int, Next)? in
      switch origin {
      case .files(var jobs):
        guard let job = jobs.popFirst() else { return nil }
        origin = .files(jobs)
        return (job.line, .job(job))
      case .manifest(let reader, var line):
        while let text = try reader.next() {
          line += 1
          origin = .manifest(reader, line: line)
          if text.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) {
            return (line, .text(text))
          }
        }
        return nil
      }
    }
    guard let (line, next) = next else { return nil }
    switch next {
    case .job(let job): return .job(job)
    case .text(let bytes):
      do throws(CheckpointError) {
        return .job(try job(JSON(parsing: ByteRegion(bytes)), line: line))
      } catch {
        var error = error
        error.path = request.options.manifest
        error.reason = "line \(line): \(error.reason)"
        return .invalid(line: line, error)
      }
    }
  }

  private enum Next {
    case job(Job)
    case text([UInt8])
  }

  private func job(_ json: JSON, line: Int) throws(CheckpointError) -> Job {
    guard let members = json.members else {
      throw CheckpointError(.invalidJob, "is no JSON object")
    }
    let fileNames = request.command.files
    var files: [String?] = fileNames.map { _ in nil }
    var (own, ownNames) = ([JobOption](), Set<String>())
    for member in members {
      if let place = fileNames.firstIndex(of: member.name) {
        files[place] = member.value.string
        continue
      }
      let name = "--" + member.name.replacing("_", with: "-")
      guard knownOptions.contains(name) else {
        throw CheckpointError(
          .invalidJob, name: member.name,
          "\(request.command.name) has no such option for a job"
            + member.name.suggestion(
              among: fileNames + knownOptions.map { String($0.dropFirst(2)) }))
      }
      ownNames.insert(name)
      own += try JobOption.options(name, member.value)
    }
    if let missing = files.firstIndex(of: nil) {
      throw CheckpointError(.invalidJob, "has no \"\(fileNames[missing])\"")
    }
    let common = request.common.filter { !ownNames.contains($0.name) }
    return Job(
      request.command, line: line, files: files.compactMap(\.self), options: common + own)
  }
}

extension JobRequest {
  /// A job for each file that the command line names.
  func jobsOfFiles() throws -> [Job] {
    let jobs = files.enumerated().map { place, input in
      Job(
        command, line: place + 1,
        files: [input] + (outputFolder.map { [output(of: input, in: $0)] } ?? []),
        options: common)
    }
    var inputs: [String: String] = [:]
    for job in jobs {
      guard let output = job.output else { continue }
      if let other = inputs.updateValue(job.files[0], forKey: output) {
        throw ValidationError(
          "'\(other.visible())' and '\(job.files[0].visible())' would both become "
            + "'\(output.visible())': give them different outputs in a --manifest.")
      }
    }
    return jobs
  }

  private func output(of input: String, in folder: String) -> String {
    let name = input.split(separator: "/").last.map(String.init) ?? input
    let format = common.last { $0.name == "--to" }?.value
    guard
      let suffix = format.flatMap({ FormatRegistry.standard.named($0)?.extensions.first })
    else { return "\(folder)/\(name)" }
    let stem = name.lastIndex(of: ".").map { name[..<$0] } ?? name[...]
    return "\(folder)/\(stem.isEmpty ? name[...] : stem).\(suffix)"
  }
}
