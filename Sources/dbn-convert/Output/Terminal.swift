import DBNPlatform

/// The terminal that standard error may be.
enum Terminal {
  static let isThere = isatty(STDERR_FILENO) == 1

  /// The number of columns now: a window can change its size. 80 if the terminal does not say.
  static var columns: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Whether text may be coloured: on a terminal that can, unless the user says `NO_COLOR`.
  ///
  /// Source: https://no-color.org.
  static let hasColours =
    isThere && environment("NO_COLOR").isEmpty && environment("TERM") != "dumb"

  /// The line with its beginning, `dbn-convert: error:` or `dbn-convert: note:`, in bold, an error's
  /// in red.
  static func coloured(_ line: String) -> String {
    guard hasColours else { return line }
    for (word, colour) in [("dbn-convert: error:", "1;31"), ("dbn-convert: note:", "1")]
    where line.hasPrefix(word) {
      return "\u{1B}[\(colour)m\(word)\u{1B}[0m\(line.dropFirst(word.count))"
    }
    return line
  }

  private static func environment(_ name: String) -> String {
    getenv(name).map { String(cString: $0) } ?? ""
  }
}
