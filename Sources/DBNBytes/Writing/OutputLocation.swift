import DBNPlatform

extension CheckpointError.Code {
  /// A file that would be replaced is read-only.
  public static let readOnly = Self("read-only")
}

/// The name of an output file, and what it may replace.
struct OutputLocation: Sendable {
  /// The path as the user gave it.
  let path: String
  /// The path with symbolic links resolved: the file that a link leads to is replaced, and the link
  /// stays.
  let target: String
  private let existing: ExistingFiles

  init(_ path: String, _ existing: ExistingFiles) {
    self.path = path
    let resolved = realpath(path, nil)
    target = resolved.map { String(cString: $0) } ?? path
    free(resolved)
    self.existing = existing
  }

  /// The status of what currently has the name; nil if nothing has.
  var status: stat? {
    var status = stat()
    return lstat(target, &status) == 0 ? status : nil
  }

  /// - Throws: `fileExists`, `outputIsInput`, `notARegularFile`, if what is there must not be
  ///   replaced; `readOnly`; `system` if there is no folder to write in.
  func check() throws(CheckpointError) {
    if let status {
      try check(status)
      return try checkPermission(status)
    }
    var status = stat()
    guard stat(folder, &status) != 0, errno == ENOENT else { return }
    throw CheckpointError(
      .system, path: path, "the folder '\(folder)' does not exist", advice: "make it first")
  }

  /// A file that this user may not write is not replaced either, though the folder's permissions
  /// would allow it: that it is read-only says that it is to stay.
  private func checkPermission(_ status: stat) throws(CheckpointError) {
    guard status.st_mode & S_IFMT == S_IFREG,
      faccessat(AT_FDCWD, target, W_OK, AT_EACCESS) != 0, errno != ENOENT
    else { return }
    throw CheckpointError(
      .readOnly, path: path, "is read-only, so it is not replaced",
      advice: "choose another name, or make it writable first (chmod u+w)")
  }

  /// The permissions of a file that replaces none, before the user's umask.
  var newFilePermissions: mode_t { existing.newFilePermissions }

  func check(_ status: stat) throws(CheckpointError) {
    try existing.check(status, named: path)
  }

  var folder: String {
    guard let slash = target.lastIndex(of: "/") else { return "." }
    return slash == target.startIndex ? "/" : String(target[..<slash])
  }
}
