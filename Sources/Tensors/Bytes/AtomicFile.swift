import Glibc

/// A file that appears under its name complete, or not at all.
///
/// The bytes go to a file without a name in the target's folder (`O_TMPFILE`), so that nothing is
/// left even if the process is killed; `commit` syncs it and puts it in the target's place by
/// renaming. Where the file system can't do that, the file has a temporary name until then, which
/// is removed on every way out but a kill.
package struct AtomicFile: ~Copyable {
  /// Where the finished file will be, symbolic links resolved.
  package let target: String
  /// Open for reading and writing until the value is gone.
  package let descriptor: Int32
  private let temporaryName: String?
  private let progress: (@Sendable (Int) -> Void)?

  /// - Parameter progress: is told how many bytes were written, each time.
  package init(
    replacing path: String, progress: (@Sendable (Int) -> Void)? = nil
  ) throws(CheckpointError) {
    let place = try Place(path)
    let file = try place.createFile()
    if place.replaces { fchmod(file.descriptor, place.mode) }
    target = place.target
    descriptor = file.descriptor
    temporaryName = file.temporaryName
    self.progress = progress
  }

  deinit {
    close(descriptor)
    if let temporaryName { unlink(temporaryName) }
  }

  /// A path by which a C library can open the file as long as this value lives.
  package var libraryPath: String { temporaryName ?? "/proc/self/fd/\(descriptor)" }

  package func write(_ bytes: RawSpan, at offset: Int) throws(CheckpointError) {
    try destination.write(bytes, at: offset)
  }

  /// For writing from several threads; to be used only while this value lives.
  package var destination: FileDestination {
    FileDestination(descriptor: descriptor, path: target, progress: progress)
  }

  /// Syncs the bytes to the disk and gives the file its name, replacing what was there.
  ///
  /// - Parameter proof: reads the finished file before that, and throws if it is not to be.
  package consuming func commit(
    provenBy proof: WritingOptions.Proof? = nil
  ) throws(CheckpointError) {
    let target = target
    try proof?(libraryPath)
    let name = try stage()
    do throws(CheckpointError) {
      _ = try systemCall("cannot write", path: target) { rename(name, target) }
    } catch {
      unlink(name)
      throw error
    }
  }

  /// Syncs the bytes to the disk and returns a temporary name beside the target, by which the file
  /// is there from now on; what becomes of that is for the caller to see to.
  consuming func stage() throws(CheckpointError) -> String {
    _ = try systemCall("cannot write", path: target) { fsync(descriptor) }
    let name = try Place(target).temporaryName
    _ = try systemCall("cannot write", path: target) {
      // A link can't replace a file, a rename can: a file without a name needs both.
      if let temporaryName { return rename(temporaryName, name) }
      return linkat(AT_FDCWD, libraryPath, AT_FDCWD, name, AT_SYMLINK_FOLLOW)
    }
    return name
  }
}

/// An open file that bytes are put into at offsets, borrowed from its owner.
package struct FileDestination: Sendable {
  fileprivate let descriptor: Int32
  fileprivate let path: String
  fileprivate let progress: (@Sendable (Int) -> Void)?

  package func write(_ bytes: RawSpan, at offset: Int) throws(CheckpointError) {
    var done = 0
    while done < bytes.byteCount {
      done += try systemCall("cannot write", path: path) {
        bytes.withUnsafeBytes { buffer in
          pwrite(
            descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done,
            off_t(offset + done))
        }
      }
    }
    progress?(done)
  }
}

/// Linux's `O_TMPFILE` (`asm-generic/fcntl.h`), a macro that Swift does not import.
private let unnamedFile = 0o20_000_000 | O_DIRECTORY

/// Where a path leads and what is there now.
private struct Place {
  let target: String
  let replaces: Bool
  let mode: mode_t

  init(_ path: String) throws(CheckpointError) {
    let resolved = realpath(path, nil)
    target = resolved.map { String(cString: $0) } ?? path
    free(resolved)
    var status = stat()
    replaces = stat(target, &status) == 0
    guard !replaces || status.st_mode & S_IFMT == S_IFREG else {
      throw CheckpointError(
        .notARegularFile, path: path, "is not a regular file", advice: "name a file to write")
    }
    mode = replaces ? status.st_mode & 0o777 : 0o666
  }

  func createFile() throws(CheckpointError) -> (descriptor: Int32, temporaryName: String?) {
    let unnamed = open(folder, unnamedFile | O_RDWR | O_CLOEXEC, mode)
    if unnamed >= 0 { return (unnamed, nil) }
    let name = temporaryName
    let named = try systemCall("cannot create", path: target) {
      open(name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, mode)
    }
    return (named, name)
  }

  var folder: String {
    guard let slash = target.lastIndex(of: "/") else { return "." }
    return slash == target.startIndex ? "/" : String(target[..<slash])
  }

  var temporaryName: String {
    "\(folder)/.dbn-convert-\(getpid())-\(UInt32.random(in: 0...UInt32.max).hexadecimal)"
  }
}
