import DBNPlatform

/// A file without a name for bytes that are needed only while the process runs, such as those
/// decompressed from another file. It takes room on the disk, not in memory.
package struct TemporaryFile: ~Copyable {
  private let descriptor: Int32
  private let path: String
  private var byteCount = 0

  /// Calls `body` to fill a file, and maps what it wrote.
  ///
  /// - Parameter path: the path for errors about the bytes: that of the file they come from.
  /// - Throws: `system` if no file can be made in `TMPDIR`, `/var/tmp` or `/tmp`, or the disk is full.
  package static func holding(
    path: String, _ body: (inout TemporaryFile) throws(CheckpointError) -> Void
  ) throws(CheckpointError) -> ByteRegion {
    var file = try TemporaryFile(path: path)
    try body(&file)
    return try MappedFile.map(file.descriptor, path: path)
  }

  private init(path: String) throws(CheckpointError) {
    self.path = path
    let folders = [getenv("TMPDIR").map { String(cString: $0) }, "/var/tmp", "/tmp"]
    for folder in folders.compactMap(\.self) where !folder.isEmpty {
      var name = Array("\(folder)/dbn-convert-XXXXXX".utf8CString)
      let descriptor = mkstemp(&name)
      guard descriptor >= 0 else { continue }
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      unlink(&name)
      self.descriptor = descriptor
      return
    }
    throw CheckpointError(
      .system, path: path, "cannot make a temporary file to decompress it into",
      advice: "set TMPDIR to a folder with room for it")
  }

  deinit { close(descriptor) }

  /// Adds bytes at the end.
  package mutating func append(_ bytes: RawSpan) throws(CheckpointError) {
    var done = 0
    while done < bytes.byteCount {
      let count = bytes.withUnsafeBytes { bytes in
        write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      }
      guard count > 0 || (count < 0 && errno == EINTR) else {
        throw CheckpointError(
          .system, path: path,
          "cannot be decompressed into a temporary file: "
            + String(cString: strerror(errno)).lowercased(),
          advice: "set TMPDIR to a folder with room for it")
      }
      done += max(0, count)
    }
    byteCount += bytes.byteCount
  }
}
