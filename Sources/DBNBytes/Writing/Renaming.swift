import DBNPlatform

/// Gives files their names without losing another file.
enum Renaming {
  /// The calls to use: `dbn_rename_if_free` and `dbn_exchange_names`, or on systems and file systems
  /// without them (NFS, FAT), calls that they have.
  enum Means: CaseIterable {
    case exchange
    case link
    case claim
  }

  /// Gives the file its name, if the name is free.
  ///
  /// - Returns: whether it was.
  static func move(
    _ name: String, to location: OutputLocation, by means: Means = .exchange
  ) throws(CheckpointError) -> Bool {
    let target = location.target
    switch means {
    case .exchange:
      if dbn_rename_if_free(name, target) == 0 { return true }
      if errno == EEXIST { return false }
      guard isUnsupported else { throw error(location) }
      return try move(name, to: location, by: .link)
    case .link:
      if link(name, target) == 0 {
        unlink(name)
        return true
      }
      if errno == EEXIST { return false }
      guard isUnsupported else { throw error(location) }
      return try move(name, to: location, by: .claim)
    case .claim:
      // An empty file claims the name, which fails if a file has it, and is then replaced.
      let descriptor = open(target, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else {
        if errno == EEXIST { return false }
        throw error(location)
      }
      close(descriptor)
      guard rename(name, target) == 0 else {
        let failure = error(location)
        unlink(target)
        throw failure
      }
      return true
    }
  }

  /// Whether a call created a name; false if there is already a file of that name.
  static func isNew(
    _ location: OutputLocation, _ body: () -> Int32
  ) throws(CheckpointError) -> Bool {
    if body() == 0 { return true }
    if errno == EEXIST { return false }
    throw error(location)
  }

  /// Replaces one file with another. The identity of the replaced file is checked once it can no
  /// longer change.
  ///
  /// - Parameter backup: a temporary name for the other file, where names can't be exchanged.
  /// - Returns: whether it was replaced, and now has the name `name` or `backup`; false if it was no
  ///   longer there.
  static func replace(
    _ name: String, at location: OutputLocation, backup: String, by means: Means = .exchange
  ) throws(CheckpointError) -> Bool {
    let target = location.target
    if means == .exchange {
      if dbn_exchange_names(name, target) == 0 {
        do throws(CheckpointError) {
          try check(name, location)
        } catch {
          dbn_exchange_names(name, target)
          throw error
        }
        return true
      }
      if errno == ENOENT { return false }
      guard isUnsupported else { throw error(location) }
      return try replace(name, at: location, backup: backup, by: .link)
    }
    return try replaceInSteps(name, at: location, backup: backup, by: means)
  }

  /// As `replace`, for file systems that can't exchange two names atomically. A file that another
  /// process creates between the two steps is lost.
  private static func replaceInSteps(
    _ name: String, at location: OutputLocation, backup: String, by means: Means
  ) throws(CheckpointError) -> Bool {
    let target = location.target
    let isKept = means == .link ? link(target, backup) == 0 : rename(target, backup) == 0
    guard isKept else {
      if errno == ENOENT { return false }
      guard means == .link, isUnsupported else { throw error(location) }
      return try replaceInSteps(name, at: location, backup: backup, by: .claim)
    }
    do throws(CheckpointError) {
      try check(backup, location)
      guard rename(name, target) == 0 else { throw error(location) }
    } catch {
      // With `link` the backup is a second name of the file; otherwise it is the only one.
      if means == .link { unlink(backup) } else { rename(backup, target) }
      throw error
    }
    return true
  }

  /// - Parameter name: the temporary name of what had the location's name.
  static func check(_ name: String, _ location: OutputLocation) throws(CheckpointError) {
    var status = stat()
    guard lstat(name, &status) == 0 else { throw error(location) }
    try location.check(status)
  }

  /// The error for `errno`.
  static func error(_ location: OutputLocation) -> CheckpointError {
    CheckpointError(
      .system, path: location.path, "cannot write: \(String(cString: strerror(errno)).lowercased())"
    )
  }

  /// Whether the call failed because the file system does not support it.
  private static var isUnsupported: Bool {
    [EINVAL, ENOSYS, ENOTSUP, EOPNOTSUPP, EPERM, EMLINK].contains(errno)
  }
}
