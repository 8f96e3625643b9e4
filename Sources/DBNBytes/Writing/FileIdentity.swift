import DBNPlatform

/// The identity of a file, whatever its name: device and inode.
package struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  let inode: UInt64

  init(_ status: stat) {
    device = UInt64(truncatingIfNeeded: status.st_dev)
    inode = UInt64(status.st_ino)
  }

  /// The open file; nil if it can't be examined.
  init?(descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  /// A file of the same device.
  init(inode: UInt64, onDeviceOf other: FileIdentity) {
    device = other.device
    self.inode = inode
  }

  /// The file that the path leads to, through symbolic links; nil if there is none.
  package init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }
}

extension FileIdentity: Comparable {
  /// The same order in every process.
  package static func < (a: FileIdentity, b: FileIdentity) -> Bool {
    (a.device, a.inode) < (b.device, b.inode)
  }
}

/// A file that is kept open so that its identity stays unique: a file system can give the inode of
/// a deleted file to a new one.
package final class HeldFile: Sendable {
  private let descriptor: Int32

  /// nil if it can't be opened for reading.
  package init?(_ path: String) {
    descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    if descriptor < 0 { return nil }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
