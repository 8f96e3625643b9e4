import DBNPlatform

/// The exclusive right to change several names in some folders, as long as this exists.
///
/// Two commands that write the same files could otherwise change their names in turns, and leave
/// some of each. Where a folder has no lock (`flock`), or somebody else keeps it, the names are
/// changed without.
final class FolderLocks {
  private var descriptors: [Int32] = []

  /// Far more than a change of names takes.
  private static let patience = Duration.seconds(10)

  /// Waits for others that change names there.
  ///
  /// - Parameter folders: their paths, each any number of times.
  init(_ folders: [String]) {
    var paths: [FileIdentity: String] = [:]
    for folder in folders {
      if let identity = FileIdentity(folder) { paths[identity] = folder }
    }
    // All take them in one order, so that no two wait for each other.
    for (_, path) in paths.sorted(by: { $0.key < $1.key }) {
      let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      descriptors.append(descriptor)
      let end = ContinuousClock.now + Self.patience
      while FileLock(descriptor) == .other, ContinuousClock.now < end { usleep(1000) }
    }
  }

  deinit { for descriptor in descriptors { close(descriptor) } }
}
