internal import DBNCheckpointFormats
import DBNPlatform
internal import DBNTensors

extension SafetensorsPlan {
  /// Writes shards of at most `limit` bytes of tensors, or of one larger tensor, and their index;
  /// one file without an index if that suffices. When they get their names, a file at `path` itself
  /// is removed, and so are the shards of an index that they replace: these would be another
  /// checkpoint of the same name.
  func writeShards(
    of limit: Int, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) {
    let shards = shards(of: limit)
    guard shards.count > 1 else { return try write(to: path, options: options, in: &files) }
    let shardNames = ShardNames(path)
    let paths = shards.indices.map {
      shardNames.folder + shardNames.shard($0 + 1, of: shards.count)
    }
    // Errors are found before many bytes are written, and name the file that the user named.
    for path in [path] + paths { try options.existing.check(path) }
    try files.remove(path, existing: options.existing)
    try removeShards(
      ofNameAt: path, keeping: Set(paths), options: options, in: &files)
    var dry = JSONWriter.counting
    try writeIndex(of: shards, shardNames, to: &dry)
    let index = shardNames.folder + shardNames.index
    for (path, shard) in zip(paths, shards) {
      try files.write(path, options: options) { file throws(CheckpointError) in
        try SafetensorsFile(names, shard, metadata: metadata).write(to: file)
      }
    }
    try files.write(index, options: options) { file throws(CheckpointError) in
      var text = JSONWriter { piece, offset throws(CheckpointError) in
        try file.uncounted.write(piece, at: offset)
      }
      try writeIndex(of: shards, shardNames, to: &text)
    }
  }

  /// Marks the index for this path for removal, and the shards that it names, if their file names
  /// match the index. Other files, and links, may belong to other checkpoints too.
  ///
  /// - Parameter kept: the shards about to be written; if empty, the index is removed too.
  func removeShards(
    ofNameAt path: String, keeping kept: Set<String> = [], options: WritingOptions,
    in files: inout StagedFiles
  ) throws(CheckpointError) {
    let index = SafetensorsCheckpoint.index(for: path)
    for path in [path, index] { try options.existing.check(path) }
    for shard in ShardIndex.shards(of: index) where !kept.contains(shard) {
      guard let name = ShardFileName(shard), name.folder + name.usualIndexName == index,
        isRegularFile(shard)
      else { continue }
      try files.remove(shard, existing: options.existing)
    }
    if kept.isEmpty { try files.remove(index, existing: options.existing) }
  }

  /// Whether the path is a regular file, not a link to one.
  private func isRegularFile(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// The numbers of the tensors in each shard: they are filled in the checkpoint's order.
  private func shards(of limit: Int) -> [Range<Int>] {
    var shards: [Range<Int>] = []
    var (start, byteCount) = (0, 0)
    for (number, tensor) in names.tensors.enumerated() {
      if number > start, tensor.byteCount > limit - min(limit, byteCount) {
        shards.append(start..<number)
        (start, byteCount) = (number, 0)
      }
      byteCount += tensor.byteCount
    }
    return shards + [start..<names.count]
  }

  /// Writes the same text as `JSON.text(indented: true)` would, except that names stay as they are.
  private func writeIndex(
    of shards: [Range<Int>], _ shardNames: ShardNames, to text: inout JSONWriter
  ) throws(CheckpointError) {
    text.put("{\n  ")
    text.write(name: ShardIndex.metadata)
    text.put("{")
    text.write(name: ShardIndex.totalSize)
    text.write(.int(names.tensors.reduce(0) { $0 + $1.byteCount }))
    text.put(", ")
    text.write(name: SafetensorsContent.recordName)
    try text.writeQuoted(record.write)
    text.put("},\n  ")
    text.write(name: ShardIndex.weightMap)
    text.put("{")
    for (index, shard) in shards.enumerated() {
      let shardName = shardNames.shard(index + 1, of: shards.count)
      for number in shard {
        if number > 0 { text.put(", ") }
        text.write(name: names.names[number])
        text.write(shardName)
        try text.flush()
      }
    }
    text.put("}\n}\n")
    try text.finish()
  }
}
