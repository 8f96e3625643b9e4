import DBNPlatform
package import DBNTensors

extension ShardIndex {
  /// The usual path of the index that stands for a file at `path`: where there is one, readers of a
  /// folder read its shards, and not the file.
  package static func usualPath(for path: String) -> String { path + ".index.json" }
}

extension StagedFiles {
  /// Marks an index for removal, and then its shards: one file takes their place.
  ///
  /// In this order the old checkpoint is whole as long as it has an index.
  mutating func removeSet(
    ofIndex index: String, existing: ExistingFiles
  ) throws(CheckpointError) {
    guard Self.isThere(index) else { return }
    try remove(index, existing: existing.onlyWhatIsThere(at: index))
    try removeShards(ofIndex: index, existing: existing)
  }

  /// Marks the shards that an index names for removal, if their names are those of its shards. Other
  /// files, and links, may belong to other checkpoints too. A file that is no index has none.
  ///
  /// - Throws: `system` if the index can't be read: its shards would stay.
  package mutating func removeShards(
    ofIndex index: String, existing: ExistingFiles
  ) throws(CheckpointError) {
    guard Self.isThere(index) else { return }
    let bytes = try MappedFile.open(index)
    guard let parsed = try? ShardIndex(parsing: bytes) else { return }
    let folder = SourceFolder(ofFile: index).prefix
    for shard in parsed.shards.names.map({ folder + $0 }) {
      guard let name = ShardFileName(shard), name.folder + name.usualIndexName == index,
        Self.isRegularFile(shard)
      else { continue }
      try remove(shard, existing: existing)
    }
  }

  static func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Whether the path is a regular file, not a link to one.
  package static func isRegularFile(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }
}
