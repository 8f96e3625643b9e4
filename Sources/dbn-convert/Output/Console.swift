import ArgumentParser
import DBNPlatform
import DBNTensors
import Synchronization

/// Writes results and remarks to the standard streams.
enum Console {
  /// How many characters of a line are printed: a shape of 64 dimensions has at most 1300, but a file
  /// can have names of any length. JSON has all.
  private static let longestLine = 4000

  private static let printed = Atomic(false)

  /// Whether anything of a result was printed.
  static var hasResult: Bool { printed.load(ordering: .relaxed) }

  /// Writes a result for people to standard output.
  ///
  /// Only this function ends lines: what is not visible in one of them came from a file, and is
  /// escaped.
  ///
  /// - Throws: as for a document.
  static func result(_ lines: [String]) throws(CheckpointError) {
    try result(lines.map { $0.visible(limit: longestLine) }.joined(separator: "\n"))
  }

  /// Writes a document to standard output.
  ///
  /// - Throws: `system` if it can't be written: a script must not take a partial result for a
  ///   complete one.
  static func result(_ document: String) throws(CheckpointError) {
    let bytes = Array("\(document.onItsLines)\n".utf8)
    var done = 0
    printed.store(true, ordering: .relaxed)
    while done < bytes.count {
      done += try systemCall("cannot write", path: "standard output") {
        bytes[done...].withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      }
    }
    // Some file systems find out only now that there is no room.
    _ = try systemCall("cannot write", path: "standard output") {
      let copy = dup(STDOUT_FILENO)
      return copy < 0 ? 0 : close(copy)
    }
  }

  /// Writes a document to standard output.
  static func result(_ document: Document) throws(CheckpointError) {
    try result(document.json.text(indented: true))
  }

  /// Writes a document to standard output, on one line.
  static func result(line document: Document) throws(CheckpointError) {
    try result(document.json.text())
  }

  /// Opens closed standard streams so that writing to them fails: otherwise the next opened file
  /// would get the stream's number, and the result would be written into a checkpoint.
  static func occupyStandardDescriptors() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
      // `open` takes the lowest free number, which is this one.
      _ = open("/dev/null", O_RDONLY)
    }
  }

  /// Writes a remark or an error to standard error, on one line: what is not visible is escaped.
  static func error(_ line: String) {
    let bytes = Array("\(Terminal.coloured(line.onOneLine))\n".utf8)
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  /// The exit code for a comparison that found a difference.
  static var different: ExitCode { ExitCode(1) }
}

/// A readable size: 97.8 MiB.
func readable(byteCount: Int) -> String {
  let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
  var (size, unit) = (Double(byteCount), 0)
  while size >= 1024, unit < units.count - 1 { (size, unit) = (size / 1024, unit + 1) }
  return unit == 0 ? "\(byteCount) bytes" : "\((size * 10).rounded() / 10) \(units[unit])"
}
