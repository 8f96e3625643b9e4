import Glibc

/// A file in the folder of its target that does not have the target's name yet, and is gone with
/// this object unless it took it.
final class UnnamedFile {
  let location: OutputLocation
  /// Which file it is, whatever its name.
  private let identity: FileIdentity
  /// Open for reading and writing; -1 once it is closed.
  private(set) var descriptor: Int32
  /// The name that the file has meanwhile; nil if it has none.
  private var temporaryName: String?

  /// Makes an empty file, with the permissions of the one that it will replace.
  ///
  /// - Throws: `fileExists`, `outputIsInput` and `notARegularFile` before anything is made.
  init(_ location: OutputLocation) throws(CheckpointError) {
    let status = location.status
    if let status { try location.check(status) }
    self.location = location
    let isReplacement = status.map { $0.st_mode & S_IFMT == S_IFREG } ?? false
    let mode = isReplacement ? (status?.st_mode ?? 0) & 0o777 : 0o666
    descriptor = open(location.folder, unnamedFile | O_RDWR | O_CLOEXEC, mode)
    if descriptor < 0 {
      let name = location.makeTemporaryName()
      descriptor = try systemCall("cannot create", path: location.path) {
        open(name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, mode)
      }
      temporaryName = name
    }
    if isReplacement { fchmod(descriptor, mode) }
    var own = stat()
    fstat(descriptor, &own)
    identity = FileIdentity(own)
  }

  deinit {
    if descriptor >= 0 { Glibc.close(descriptor) }
    if let temporaryName { unlink(temporaryName) }
  }

  /// A path by which the file can be opened as long as this object lives.
  var libraryPath: String { temporaryName ?? "/proc/self/fd/\(descriptor)" }

  /// Brings the bytes to the disk.
  func sync() throws(CheckpointError) {
    _ = try systemCall("cannot write", path: location.path) { fsync(descriptor) }
  }

  /// Closes the file, which has a temporary name from now on: a process may have only so many open.
  func close() throws(CheckpointError) {
    try giveTemporaryName()
    Glibc.close(descriptor)
    descriptor = -1
  }

  private func giveTemporaryName() throws(CheckpointError) {
    guard temporaryName == nil else { return }
    let name = location.makeTemporaryName()
    _ = try systemCall("cannot write", path: location.path) {
      linkat(AT_FDCWD, libraryPath, AT_FDCWD, name, AT_SYMLINK_FOLLOW)
    }
    temporaryName = name
  }

  /// Gives the file its name. What already has it is replaced where that is allowed, and kept under
  /// a temporary name until that is known to be final.
  ///
  /// No other file is lost, whatever other processes do meanwhile: each step either fails if there
  /// is a file, or keeps that file, whose identity is then compared.
  ///
  /// - Throws: `fileExists`, `outputIsInput`, `notARegularFile`, `system`.
  func takeName() throws(CheckpointError) -> TakenName {
    // Others can make and remove files of the name between a look and the next step.
    for _ in 0..<1000 {
      guard let status = location.status else {
        if try takeFreeName() { return TakenName(location, by: identity) }
        continue
      }
      try location.check(status)
      if let taken = try replace() { return taken }
    }
    throw CheckpointError(
      .system, path: location.path, "other processes keep making and removing files of this name",
      advice: "choose another name")
  }

  /// - Returns: whether the name was free.
  private func takeFreeName() throws(CheckpointError) -> Bool {
    if let temporaryName {
      guard try Renaming.move(temporaryName, to: location) else { return false }
      self.temporaryName = nil
      return true
    }
    return try Renaming.isNew(location) {
      linkat(AT_FDCWD, libraryPath, AT_FDCWD, location.target, AT_SYMLINK_FOLLOW)
    }
  }

  /// - Returns: nil if there is nothing any more.
  private func replace() throws(CheckpointError) -> TakenName? {
    try giveTemporaryName()
    guard let name = temporaryName, let displaced = try Renaming.replace(name, at: location)
    else { return nil }
    temporaryName = nil
    return TakenName(location, by: identity, displaced: displaced)
  }
}

/// Linux's `O_TMPFILE` (`asm-generic/fcntl.h`), a macro that Swift does not import.
private let unnamedFile = 0o20_000_000 | O_DIRECTORY
