import DBNPlatform

/// Reads lines of a file or a pipe as they come, so that memory does not grow with their number.
///
/// Not for several threads at once.
package final class LineReader {
  private let descriptor: Int32
  private let path: String
  private var buffer: [UInt8] = []
  /// The start of the next line in the buffer.
  private var start = 0
  private var isAtEnd = false

  private let limit: Int
  private let follows: Bool

  /// - Parameters:
  ///   - path: `-` for standard input.
  ///   - limit: the most bytes that a line may have.
  ///   - follows: whether the file grows: after nil, `next` returns lines that were added since, and a
  ///     last line without an end is no line yet.
  /// - Throws: `system` if it can't be opened.
  package init(
    _ path: String, limit: Int = 1 << 20, follows: Bool = false
  ) throws(CheckpointError) {
    self.path = path
    self.limit = limit
    self.follows = follows
    descriptor =
      path == "-"
      ? dup(STDIN_FILENO)
      : try systemCall("cannot open", path: path) { open(path, O_RDONLY | O_CLOEXEC) }
  }

  deinit { close(descriptor) }

  /// The next line without its end; nil after the last. A last line without an end counts.
  ///
  /// - Throws: `system` if it can't be read; `limitExceeded` for a line that is too long.
  package func next() throws(CheckpointError) -> [UInt8]? {
    var searched = start
    while true {
      if let end = buffer[searched...].firstIndex(of: 0x0A) {
        defer { start = end + 1 }
        return Array(buffer[start..<end])
      }
      guard !isAtEnd else {
        if follows {
          isAtEnd = false
          return nil
        }
        defer { start = buffer.count }
        return start < buffer.count ? Array(buffer[start...]) : nil
      }
      guard buffer.count - start <= limit else {
        throw CheckpointError(.limitExceeded, path: path, "a line has more than \(limit) bytes")
      }
      buffer.removeSubrange(..<start)
      start = 0
      searched = buffer.count
      try fill()
    }
  }

  private func fill() throws(CheckpointError) {
    let more = try systemCall("cannot read", path: path) {
      var piece = [UInt8](repeating: 0, count: 64 << 10)
      let count = read(descriptor, &piece, piece.count)
      if count > 0 { buffer += piece[..<count] }
      return count
    }
    isAtEnd = more == 0
  }
}
