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
    let names = ShardNames(path)
    let shardNames = (1...shards.count).map { names.shard($0, of: shards.count) }
    var files = StagedFiles()
    for (shard, name) in zip(shards, shardNames) {
      let file = try AtomicFile(replacing: names.folder + name, progress: progress)
      try SafetensorsFile(Array(shard), metadata: metadata).write(to: file)
      try files.add(file)
    }
    let index = try AtomicFile(replacing: names.folder + names.index)
    let text = self.index(shards, shardNames).text(indented: true) + "\n"
    try index.write(Array(text.utf8).span.bytes, at: 0)
    try files.add(index)
    try files.commit(removing: path)
  }

  /// Fills one after the other in the checkpoint's order.
  private func shards(of limit: Int) -> [ArraySlice<(name: String, tensor: Tensor)>] {
    var shards: [ArraySlice<(name: String, tensor: Tensor)>] = []
    var (start, byteCount) = (0, 0)
    for (index, (_, tensor)) in tensors.enumerated() {
      if index > start, tensor.byteCount > limit - min(limit, byteCount) {
        shards.append(tensors[start..<index])
        (start, byteCount) = (index, 0)
      }
      byteCount += tensor.byteCount
    }
    return shards + [tensors[start...]]
  }

  private func index(
    _ shards: [ArraySlice<(name: String, tensor: Tensor)>], _ names: [String]
  ) -> JSON {
    let weightMap = zip(shards, names).flatMap { shard, name in
      shard.map { JSON.Member($0.name, .string(name)) }
    }
    let total = tensors.reduce(0) { $0 + $1.tensor.byteCount }
    return [
      ShardIndex.metadata: [
        ShardIndex.totalSize: .int(total), record.name: .string(record.text),
      ],
      ShardIndex.weightMap: .object(weightMap),
    ]
  }
}
