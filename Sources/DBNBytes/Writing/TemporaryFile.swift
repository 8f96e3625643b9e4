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

  /// Calls `body` with as many zeros, to be written in any order, and maps the result.
  ///
  /// - Throws: as `holding`; the room is taken before, since writing into a mapped file on a full disk
  ///   would end the process.
  package static func filling(
    _ byteCount: Int, path: String,
    _ body: (UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Void
  ) throws(CheckpointError) -> ByteRegion {
    try holding(path: path) { file throws(CheckpointError) in
      let zeros = [UInt8](repeating: 0, count: min(byteCount, 1 << 20))
      for start in stride(from: 0, to: byteCount, by: 1 << 20) {
        try file.append(zeros.span.bytes.extracting(first: min(zeros.count, byteCount - start)))
      }
      try file.change(body)
    }
  }

  /// Calls `body` with the bytes that were added, which it may change.
  private func change(
    _ body: (UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let start = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard let start, start != MAP_FAILED else {
      throw CheckpointError(
        .system, path: path,
        "cannot map a temporary file: " + String(cString: strerror(errno)).lowercased())
    }
    defer { munmap(start, byteCount) }
    try body(UnsafeMutableRawBufferPointer(start: start, count: byteCount))
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
      .system, path: path, "cannot make a temporary file for its bytes",
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
          "its bytes cannot be written into a temporary file: "
            + String(cString: strerror(errno)).lowercased(),
          advice: "set TMPDIR to a folder with room for it")
      }
      done += max(0, count)
    }
    byteCount += bytes.byteCount
  }
}
