internal import Tensors

extension SafetensorsPlan {
  /// Writes files of at most `limit` bytes of tensors, or of one tensor that is larger, and their
  /// index; one file without an index if that suffices. A file at `path` itself is replaced by them.
  func writeShards(
    of limit: Int, to path: String, progress: (@Sendable (Int) -> Void)?
  ) throws(CheckpointError) {
    guard limit > 0 else {
      throw CheckpointError(.cannotBeWritten, path: path, "a shard of no bytes can hold no tensor")
    }
    let shards = shards(of: limit)
    guard shards.count > 1 else {
      return try write(to: path, options: WritingOptions(progress: progress))
    }
    let shardNames = ShardNames(path)
    var files = StagedFiles()
    // What can't be written is known before the first of many bytes.
    var dry = JSONWriter.counting
    try writeIndex(of: shards, shardNames, to: &dry)
    for (place, shard) in shards.enumerated() {
      let name = shardNames.shard(place + 1, of: shards.count)
      let file = try AtomicFile(replacing: shardNames.folder + name, progress: progress)
      try SafetensorsFile(names, shard, metadata: metadata).write(to: file)
      try files.add(file)
    }
    let index = try AtomicFile(replacing: shardNames.folder + shardNames.index)
    let destination = index.destination
    var text = JSONWriter { piece, offset throws(CheckpointError) in
      try destination.write(piece, at: offset)
    }
    try writeIndex(of: shards, shardNames, to: &text)
    try files.add(index)
    try files.commit(removing: path)
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
    for (place, shard) in shards.enumerated() {
      let shardName = shardNames.shard(place + 1, of: shards.count)
      for number in shard {
        if number > 0 { text.put(", ") }
        text.write(name: names.names[number])
        text.write(shardName)
        try text.handOn()
      }
    }
    text.put("}\n}\n")
    try text.finish()
  }
}
