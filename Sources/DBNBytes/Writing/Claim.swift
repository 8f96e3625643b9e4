import DBNPlatform

/// The exclusive right to do a piece of work, among all processes that can see a folder.
///
/// A claim is a file that its owner holds a lock on (`flock`). The system ends the lock with the
/// process, however that ends, so a claim is never stale: what a killed process left is an empty
/// file, which the next owner takes over and removes. No clocks are compared, and nothing waits for
/// a time to pass.
///
/// On a network file system this needs its locks: NFS 4, NFS 3 with its lock service, or Lustre
/// mounted with `flock`. A node that loses its connection loses its locks too, and another can then
/// do the same work: outputs still appear whole, and only once.
package final class Claim {
  private let descriptor: Int32
  private let path: String
  /// Whether the file was there: a process that had the claim was killed, or just gave it back.
  package let isTakenOver: Bool

  /// - Parameter waits: whether to wait for the claim of another process to end.
  /// - Returns: nil if another process has the claim.
  /// - Throws: `system` if the file can't be made; `noLocks` if the file system has no locks.
  package init?(_ path: String, waits: Bool) throws(CheckpointError) {
    while true {
      let new = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o666)
      let descriptor =
        new >= 0
        ? new
        : try systemCall("cannot claim", path: path) {
          open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o666)
        }
      guard try Self.lock(descriptor, path, waits: waits) else {
        close(descriptor)
        return nil
      }
      // The file may have been removed by its owner before the lock was gained.
      if FileIdentity(descriptor: descriptor) == FileIdentity(path) {
        self.descriptor = descriptor
        self.path = path
        isTakenOver = new < 0
        return
      }
      close(descriptor)
    }
  }

  private static func lock(
    _ descriptor: Int32, _ path: String, waits: Bool
  ) throws(CheckpointError) -> Bool {
    while flock(descriptor, waits ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
      switch errno {
      case EINTR: continue
      case EWOULDBLOCK: return false
      default:
        close(descriptor)
        unlink(path)
        throw CheckpointError(
          .noLocks, path: path,
          "this file system has no locks, by which processes know what others do")
      }
    }
    return true
  }

  deinit {
    // In this order: whoever gains the lock after this finds that the file is gone.
    unlink(path)
    close(descriptor)
  }
}

extension CheckpointError.Code {
  /// A file system on which processes can't see each other's claims.
  public static let noLocks = Self("no-locks")
}
