import DBNTensors
import DBNZip

extension FuzzTarget {
  /// The directory of an archive, its records, and what is salvaged without the directory.
  static let zip = FuzzTarget("zip") { bytes in
    if let salvaged = try? ZipArchive(salvaging: bytes) { try? read(salvaged) }
    try read(ZipArchive(bytes))
  }

  private static func read(_ archive: ZipArchive) throws(CheckpointError) {
    var room = byteLimit
    for entry in archive.entries {
      guard archive[entry.name] != nil, entry.size <= room else { continue }
      room -= entry.size
      _ = try entry.content()
    }
  }
}
