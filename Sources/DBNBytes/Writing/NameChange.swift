import DBNPlatform

/// A name that a new file takes, or that is taken from a file. It can be undone, by this process or
/// by one that finds it recorded.
struct NameChange: Equatable {
  let target: String
  /// The file that takes the name; nil if none does.
  let newFile: FileIdentity?
  /// The temporary name of the new file; of the file that it replaced, once they are exchanged.
  let temporary: String
  /// The temporary name of the file that had the name, if it was taken from that file first.
  let backup: String
  /// Whether nothing had the name before: an empty file there was made only to claim it.
  let isFree: Bool

  /// Restores the state before the change, whether or not the change was made, and if it was made
  /// halfway. A file that another process has given the name since stays.
  ///
  /// - Returns: false if a call of the system failed.
  func undo() -> Bool {
    let current = identity(target)
    guard current == nil || current == newFile else { return !isClaimed || unlink(target) == 0 }
    for name in [backup, temporary] {
      guard let displaced = identity(name), displaced != newFile else { continue }
      return rename(name, target) == 0
    }
    return current == nil || unlink(target) == 0
  }

  private var isClaimed: Bool {
    var status = stat()
    return isFree && identity(temporary) == newFile && lstat(target, &status) == 0
      && status.st_mode & S_IFMT == S_IFREG && status.st_size == 0
  }

  private func identity(_ path: String) -> FileIdentity? {
    var status = stat()
    return lstat(path, &status) == 0 ? FileIdentity(status) : nil
  }
}
