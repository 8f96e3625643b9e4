import DBNTestSupport
import Foundation

/// The folder of a process for the files that it reads and writes; `TMPDIR` says where.
enum FuzzFolder {
  static let shared: TemporaryFolder = {
    do {
      let folder = try TemporaryFolder()
      // A constant of the process is never deallocated.
      atexit { try? FileManager.default.removeItem(atPath: FuzzFolder.shared.path) }
      return folder
    } catch {
      fatalError("no temporary folder: \(error)")
    }
  }()
}
