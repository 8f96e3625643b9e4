import DBNPlatform

/// A file of lines that several threads and processes can add to: each line is written by one call,
/// so that lines never mix, and is on the disk afterwards.
package final class AppendedFile: Sendable {
  private let descriptor: Int32
  private let path: String

  /// Opens the file, or creates it. If a killed process left its last line without an end, it gets
  /// one.
  ///
  /// - Throws: `system`.
  package init(_ path: String) throws(CheckpointError) {
    self.path = path
    descriptor = try systemCall("cannot open", path: path) {
      open(path, O_CREAT | O_APPEND | O_RDWR | O_CLOEXEC, 0o666)
    }
    let end = lseek(descriptor, 0, SEEK_END)
    var last: UInt8 = 0x0A
    if end > 0, pread(descriptor, &last, 1, end - 1) == 1, last != 0x0A { try write("\n") }
  }

  deinit { close(descriptor) }

  /// - Throws: `system` if the line can't be written completely.
  package func append(line: String) throws(CheckpointError) {
    try write(line + "\n")
    _ = try systemCall("cannot write", path: path) { fsync(descriptor) }
  }

  private func write(_ text: String) throws(CheckpointError) {
    let bytes = Array(text.utf8)
    var done = 0
    // One call is enough, unless the disk is full: then the next says so.
    while done < bytes.count {
      done += try systemCall("cannot write", path: path) {
        bytes[done...].withUnsafeBytes {
          DBNPlatform.write(descriptor, $0.baseAddress, $0.count)
        }
      }
    }
  }
}
