import ArgumentParser
import Glibc
import DBNTensors

/// Where results and remarks go.
enum Console {
  /// Results, to standard output.
  ///
  /// - Throws: `system`, when they can't be written: a script must not take half a result for one.
  static func result(_ text: String) throws(CheckpointError) {
    let bytes = Array("\(text)\n".utf8)
    var done = 0
    while done < bytes.count {
      done += try systemCall("cannot write", path: "standard output") {
        bytes[done...].withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      }
    }
  }

  /// Has each standard stream that is closed refuse what is written to it: its number would be that
  /// of the next file that is opened, and the result would be written into a checkpoint.
  static func occupyStandardDescriptors() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
      // The lowest number that is free is taken, and that is this one.
      _ = open("/dev/null", O_RDONLY)
    }
  }

  /// Remarks and errors, a line each, to standard error.
  static func error(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  /// Exits with 1: the two were compared, and are different.
  static var different: ExitCode { ExitCode(1) }
}

/// 97.8 MiB: a size that a person can read.
func readable(byteCount: Int) -> String {
  let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
  var (size, unit) = (Double(byteCount), 0)
  while size >= 1024, unit < units.count - 1 { (size, unit) = (size / 1024, unit + 1) }
  return unit == 0 ? "\(byteCount) bytes" : "\((size * 10).rounded() / 10) \(units[unit])"
}
