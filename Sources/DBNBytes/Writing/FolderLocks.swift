import DBNPlatform

/// The exclusive right to change several names in some folders, as long as this exists.
///
/// Two commands that write the same files could otherwise change their names in turns, and leave
/// some of each. Where a folder has no lock (`flock`), or somebody else keeps it, the names are
/// changed without.
final class FolderLocks {
  private var descriptors: [Int32] = []

  /// Waits for others that change names there.
  ///
  /// - Parameters:
  ///   - folders: their paths, each any number of times.
  ///   - patience: how long to wait for each folder: by default far more than a change of names takes.
  init(_ folders: [String], patience: Duration = .seconds(10)) {
    var paths: [FileIdentity: String] = [:]
    for folder in folders {
      if let identity = FileIdentity(folder) { paths[identity] = folder }
    }
    // All take them in one order, so that no two wait for each other.
    for (_, path) in paths.sorted(by: { $0.key < $1.key }) {
      let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      descriptors.append(descriptor)
      let end = ContinuousClock.now + patience
      while flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK,
        ContinuousClock.now < end
      { usleep(1000) }
    }
  }

  deinit { for descriptor in descriptors { close(descriptor) } }
}
