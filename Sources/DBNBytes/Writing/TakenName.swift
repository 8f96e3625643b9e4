import DBNPlatform

/// A name that was given to a new file, or taken from a removed one; both can be undone.
struct TakenName {
  private let target: String
  /// The new file; nil if there is none.
  private let identity: FileIdentity?
  /// The temporary name of the file that had the name before, if there was one.
  private let displaced: String?

  /// A new file took the name.
  init(_ location: OutputLocation, by identity: FileIdentity, displaced: String? = nil) {
    target = location.target
    self.identity = identity
    self.displaced = displaced
  }

  /// Takes the name from a file that may be replaced; nil if there is none.
  init?(removing location: OutputLocation) throws(CheckpointError) {
    guard let status = location.status else { return nil }
    try location.check(status)
    let name = location.makeTemporaryName()
    guard rename(location.target, name) == 0 else {
      if errno == ENOENT { return nil }
      throw Renaming.error(location)
    }
    (target, identity, displaced) = (location.target, nil, name)
    do throws(CheckpointError) {
      try Renaming.check(name, location)
    } catch {
      undo()
      throw error
    }
  }

  /// Restores the previous state. A file that has taken the name since stays, and then the old file
  /// stays under its temporary name.
  func undo() {
    var status = stat()
    let isThere = lstat(target, &status) == 0
    guard !isThere || FileIdentity(status) == identity else { return }
    if let displaced {
      rename(displaced, target)
    } else if isThere {
      unlink(target)
    }
  }

  /// Removes the file that was replaced.
  func finish() {
    if let displaced { unlink(displaced) }
  }
}
