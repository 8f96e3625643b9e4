import DBNTensors

/// The file that has a line for each job, with those of earlier runs.
struct JobResults: Sendable {
  private let records: [String: JobRecord]
  private let file: AppendedFile

  /// Reads the lines that are there. A line that a killed process left incomplete is passed over.
  ///
  /// - Throws: `system` if the file can't be read or written.
  init(_ path: String) throws(CheckpointError) {
    file = try AppendedFile(path)
    let lines = try LineReader(path, limit: 1 << 30)
    var records: [String: JobRecord] = [:]
    while let line = try lines.next() {
      guard let json = try? JSON(parsing: ByteRegion(line)), let job = json["job"]?.string,
        let record = JobRecord(json)
      else { continue }
      records[job] = record
    }
    self.records = records
  }

  /// What earlier runs say of a job; nil if they did not do it.
  subscript(job: Job) -> JobRecord? { records[job.identity] }

  /// Adds a line, which is on the disk when this returns.
  ///
  /// - Throws: `system` if it can't be written.
  func append(_ line: Document) throws(CheckpointError) {
    try file.append(line: line.json.text())
  }
}
