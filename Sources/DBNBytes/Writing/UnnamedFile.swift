import DBNPlatform

/// A file in its target's folder that does not have the target's name yet. It is deleted with this
/// object unless it got the name.
final class UnnamedFile {
  let location: OutputLocation
  /// The identity of the file, whatever its name.
  let identity: FileIdentity
  /// Open for reading and writing; -1 once it is closed.
  private(set) var descriptor: Int32
  /// The temporary name of the file; nil if it has none.
  private(set) var temporaryName: String?
  private let records: ChangeRecords
  /// The permissions that the file gets when it is complete; nil: those that it was made with.
  private var permissions: mode_t?

  /// Creates an empty file, with the permissions of the file that it will replace.
  ///
  /// - Throws: `fileExists`, `outputIsInput`, `notARegularFile` and `readOnly` before anything is
  ///   created.
  init(_ location: OutputLocation, _ records: ChangeRecords) throws(CheckpointError) {
    let status = location.status
    if status != nil { try location.check() }
    self.location = location
    self.records = records
    let isReplacement = status.map { $0.st_mode & S_IFMT == S_IFREG } ?? false
    if isReplacement { permissions = (status?.st_mode ?? 0) & 0o777 }
    // Until then only this user can read it, who must be able to open it again.
    let mode = isReplacement ? 0o600 : location.newFilePermissions
    descriptor = Self.openUnnamed(location.folder, mode)
    if descriptor < 0 {
      let name = try records.record(for: location).makeName()
      descriptor = try systemCall("cannot create", path: location.path) {
        open(name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, mode)
      }
      temporaryName = name
    }
    var own = stat()
    fstat(descriptor, &own)
    identity = FileIdentity(own)
  }

  /// - Returns: the descriptor of a file without a name; -1 if the file system can't hold one, or no
  ///   path leads to it, so that it could never be given a name (without /proc).
  private static func openUnnamed(_ folder: String, _ mode: mode_t) -> Int32 {
    let descriptor = dbn_open_unnamed(folder, mode)
    guard descriptor >= 0, access(path(of: descriptor), F_OK) != 0 else { return descriptor }
    DBNPlatform.close(descriptor)
    return -1
  }

  /// Where Linux shows an open file.
  private static func path(of descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }

  deinit {
    if descriptor >= 0 { DBNPlatform.close(descriptor) }
    if let temporaryName { unlink(temporaryName) }
  }

  /// A path by which the file can be opened while this object exists.
  var libraryPath: String { temporaryName ?? Self.path(of: descriptor) }

  /// Sets the permissions, and syncs the bytes to disk.
  func sync() throws(CheckpointError) {
    // A file system without permissions can't do this, and needs it not.
    if let permissions { fchmod(descriptor, permissions) }
    _ = try systemCall("cannot write", path: location.path) { fsync(descriptor) }
  }

  /// Closes the file, after giving it a temporary name: a process may have only a limited number
  /// open.
  func close() throws(CheckpointError) {
    if temporaryName == nil {
      try giveTemporaryName(records.record(for: location).makeName())
    }
    DBNPlatform.close(descriptor)
    descriptor = -1
  }

  private func giveTemporaryName(_ name: String) throws(CheckpointError) {
    guard temporaryName == nil else { return }
    _ = try systemCall("cannot write", path: location.path) {
      linkat(AT_FDCWD, libraryPath, AT_FDCWD, name, AT_SYMLINK_FOLLOW)
    }
    temporaryName = name
  }

  /// Gives the file its name, as recorded. An existing file is replaced if that is allowed, and kept
  /// under a temporary name until the change is final.
  ///
  /// No other file is lost, whatever other processes do meanwhile: each step either fails if a file
  /// exists, or keeps that file, whose identity is then checked.
  ///
  /// - Throws: `fileExists`, `outputIsInput`, `notARegularFile`, `system`.
  func takeName(_ change: NameChange) throws(CheckpointError) {
    // Other processes can create and remove files of the name between the check and the next step.
    for _ in 0..<1000 {
      guard let status = location.status else {
        if try takeFreeName() { return }
        continue
      }
      try location.check(status)
      try giveTemporaryName(change.temporary)
      if try Renaming.replace(change.temporary, at: location, backup: change.backup) {
        temporaryName = nil
        return
      }
    }
    throw CheckpointError(
      .system, path: location.path, "other processes keep creating and removing this file",
      advice: "choose another name")
  }

  /// - Returns: whether the name was free, and is now the file's.
  func takeFreeName() throws(CheckpointError) -> Bool {
    if let temporaryName {
      guard try Renaming.move(temporaryName, to: location) else { return false }
      self.temporaryName = nil
      return true
    }
    return try Renaming.isNew(location) {
      linkat(AT_FDCWD, libraryPath, AT_FDCWD, location.target, AT_SYMLINK_FOLLOW)
    }
  }
}
