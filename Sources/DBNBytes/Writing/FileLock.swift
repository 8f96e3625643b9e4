import DBNPlatform

/// The lock of an open file, which the system releases when the process ends, however it ends.
///
/// `flock`, since it works between containers and, on NFS, between machines, where numbers of
/// processes mean nothing.
enum FileLock {
  /// This process has it.
  case own
  /// Another process has it, or has had it and removed the file.
  case other
  /// The file system has no locks, so nobody can tell.
  case unsupported

  /// Takes the lock, if it is free.
  init(_ descriptor: Int32) {
    var status = stat()
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      self = errno == EWOULDBLOCK ? .other : .unsupported
    } else {
      self = fstat(descriptor, &status) == 0 && status.st_nlink > 0 ? .own : .other
    }
  }
}
