import DBNTestSupport

/// The folder of a process for the files that it reads and writes; `TMPDIR` says where.
enum FuzzFolder {
  static let shared: TemporaryFolder = {
    do { return try TemporaryFolder() } catch { fatalError("no temporary folder: \(error)") }
  }()
}
