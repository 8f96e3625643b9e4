internal import DBNCheckpointFormats
internal import Glibc
internal import DBNTensors

extension SafetensorsPlan {
  /// Writes files of at most `limit` bytes of tensors, or of one tensor that is larger, and their
  /// index; one file without an index if that suffices. A file at `path` itself is removed when they
  /// take their names, and so are the shards of an index that they replace: they would be another
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
    // What can't be written is known before the first of many bytes.
    for path in paths { try options.existing.check(path) }
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

  /// Has the index removed that stands for the name, and the shards that it names: those whose own
  /// names are those of shards of it. Others, and links, may belong to other checkpoints too.
  ///
  /// - Parameter kept: the shards that are to be written with an index; without one it is removed.
  func removeShards(
    ofNameAt path: String, keeping kept: Set<String> = [], options: WritingOptions,
    in files: inout StagedFiles
  ) throws(CheckpointError) {
    let index = SafetensorsCheckpoint.index(for: path)
    try options.existing.check(index)
    for shard in SafetensorsCheckpoint.shards(of: index) where !kept.contains(shard) {
      guard let name = ShardFileName(shard), name.folder + name.indexName == index,
        isRegularFile(shard)
      else { continue }
      try files.remove(shard, existing: options.existing)
    }
    if kept.isEmpty { try files.remove(index, existing: options.existing) }
  }

  /// Whether it is one, and no link to one.
  private func isRegularFile(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// The numbers of the tensors in each shard: one is filled after the other in the checkpoint's
  /// order.
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

  /// The text that `JSON.text` makes of the same, indented.
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
