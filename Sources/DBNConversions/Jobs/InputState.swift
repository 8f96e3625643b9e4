import DBNCheckpointFormats
import DBNCheckpoints
import DBNTensors
import DBNPlatform

/// What the file system says of a checkpoint's files: whether they have changed since shows without
/// reading them.
package struct InputState: Sendable, Equatable {
  /// The path as it was given.
  package let path: String
  /// The bytes of all its files together, shards included.
  package let byteCount: Int
  /// When the last of them was modified, in nanoseconds since 1970.
  package let modified: Int

  package init(path: String, byteCount: Int, modified: Int) {
    (self.path, self.byteCount, self.modified) = (path, byteCount, modified)
  }

  /// The state now; nil if a file can't be examined.
  package init?(_ path: String) {
    var (byteCount, modified) = (0, 0)
    for file in FormatRegistry.standard.files(at: path) {
      var status = stat()
      guard stat(file, &status) == 0 else { return nil }
      byteCount += Int(status.st_size)
      modified = max(modified, status.modificationTime)
    }
    self.init(path: path, byteCount: byteCount, modified: modified)
  }

  /// The CRC-32 of all its files' bytes, one file after the other.
  ///
  /// - Throws: `system` if one can't be read.
  package static func checksum(of path: String) throws(CheckpointError) -> UInt32 {
    var checksum = CRC32()
    for file in FormatRegistry.standard.files(at: path) {
      try MappedFile.open(file).read(pieces: 1 << 20) { _, piece throws(CheckpointError) in
        checksum.update(piece)
      }
    }
    return checksum.value
  }
}
