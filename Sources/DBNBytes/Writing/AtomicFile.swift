import DBNPlatform

/// A file being written that appears under its name complete or not at all.
///
/// The bytes go to a file without a name in the target's folder (`O_TMPFILE`), so that nothing is
/// left even if the process is killed. If the file system can't do that, the file has a temporary
/// name, which is removed in every case but a kill, and then by the next writer. `StagedFiles` makes
/// these files, and gives them their final names.
package struct AtomicFile: ~Copyable {
  let file: UnnamedFile
  private let progress: (@Sendable (Int) -> Void)?

  /// - Parameters:
  ///   - existing: what happens to an existing file of that name.
  ///   - progress: called after each write with the number of bytes written.
  /// - Throws: `fileExists`, `outputIsInput`, `notARegularFile` and `readOnly` before anything is
  ///   created.
  init(
    _ path: String, existing: ExistingFiles, _ records: ChangeRecords,
    progress: (@Sendable (Int) -> Void)? = nil
  ) throws(CheckpointError) {
    file = try UnnamedFile(OutputLocation(path, existing), records)
    self.progress = progress
  }

  /// A path by which a C library can open the file while this value exists.
  package var libraryPath: String { file.libraryPath }

  package func write(_ bytes: RawSpan, at offset: Int) throws(CheckpointError) {
    try destination.write(bytes, at: offset)
  }

  /// For writing from several threads; valid only while this value exists.
  package var destination: FileDestination {
    FileDestination(
      descriptor: file.descriptor, path: file.location.path, libraryPath: libraryPath,
      progress: progress)
  }
}

/// An open file that bytes are written to at offsets, borrowed from its owner.
public struct FileDestination: Sendable {
  fileprivate let descriptor: Int32
  fileprivate let path: String
  /// A path by which a C library can open the file.
  package let libraryPath: String
  fileprivate var progress: (@Sendable (Int) -> Void)?

  /// The same for bytes that are not tensor data: they are not reported as progress.
  package var uncounted: FileDestination {
    var result = self
    result.progress = nil
    return result
  }

  /// Writes the bytes at `offset`; from any thread.
  public func write(_ bytes: RawSpan, at offset: Int) throws(CheckpointError) {
    var done = 0
    while done < bytes.byteCount {
      done += try systemCall("cannot write", path: path) {
        let count = bytes.withUnsafeBytes { buffer in
          pwrite(
            descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done,
            off_t(offset + done))
        }
        if count == -1, errno == EFAULT {
          // A mapped file has become shorter. Reading its bytes here ends the process by SIGBUS, as
          // reading them anywhere else does, and the command says which file it was.
          bytes.withUnsafeBytes { dbn_read_bytes($0.baseAddress, $0.count) }
        }
        return count
      }
    }
    progress?(done)
  }
}
