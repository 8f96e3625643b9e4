import DBNTensors
import Synchronization

/// The file that has a line for each job, with those of earlier runs and of other processes.
final class JobResults: Sendable {
  private let file: AppendedFile
  private let read: Mutex<Lines>

  /// The lines that were read so far.
  private struct Lines {
    let rest: LineReader
    var records: [String: JobRecord] = [:]

    /// Reads what was added since. A line that a killed process left incomplete is passed over.
    mutating func readOn() throws(CheckpointError) {
      while let line = try rest.next() {
        guard let json = try? JSON(parsing: ByteRegion(line)), let job = json["job"]?.string,
          let record = JobRecord(json)
        else { continue }
        records[job] = record
      }
    }
  }

  /// - Throws: `system` if the file can't be read or written.
  init(_ path: String) throws(CheckpointError) {
    file = try AppendedFile(path)
    var lines = Lines(rest: try LineReader(path, limit: 1 << 30, follows: true))
    try lines.readOn()
    read = Mutex(lines)
  }

  /// What earlier runs say of a job; nil if they did not do it.
  subscript(job: Job) -> JobRecord? { read.withLock { $0.records[job.identity] } }

  /// What all processes say of a job until now.
  ///
  /// - Throws: `system` if the file can't be read.
  func latest(_ job: Job) throws(CheckpointError) -> JobRecord? {
    try read.withLock { lines throws(CheckpointError) in
      try lines.readOn()
      return lines.records[job.identity]
    }
  }

  /// Adds a line, which is on the disk when this returns.
  ///
  /// - Throws: `system` if it can't be written.
  func append(_ line: Document) throws(CheckpointError) {
    try file.append(line: line.json.text())
  }
}
