internal import DBNCheckpointFormats
internal import DBNTensors

extension SafetensorsPlan {
  /// Writes shards of at most `limit` bytes of tensors, or of one larger tensor, and their index;
  /// one file without an index if that suffices.
  ///
  /// No shard replaces another file, and the index takes its name last: until then readers find the
  /// old checkpoint whole, and from then on the new one. Then a file at `path` itself is removed, and
  /// so are the shards of the old index: these would be another checkpoint of the same name.
  func writeShards(
    of limit: Int, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) {
    let shards = shards(of: limit)
    guard shards.count > 1 else { return try write(to: path, options: options, in: &files) }
    let usual = ShardNames(path)
    let index = usual.folder + usual.index
    let usualPaths = usual.paths(of: shards.count)
    // Errors are found before many bytes are written, and name the file that the user named.
    for path in [path, index] + usualPaths { try options.existing.check(path) }
    let names = usual.free(for: shards.count)
    let replacesIndex = options.existing.onlyWhatIsThere(at: index)
    let identity = try TensorIdentity.of(zip(self.names.names, self.names.tensors).map { ($0, $1) })
    var dry = JSONWriter.counting
    try writeIndex(of: shards, names, identity, to: &dry)
    try write(shards, as: names, identity, options: options, in: &files)
    try files.write(index, options: options.with(replacesIndex)) { file throws(CheckpointError) in
      var text = JSONWriter { piece, offset throws(CheckpointError) in
        try file.uncounted.write(piece, at: offset)
      }
      try writeIndex(of: shards, names, identity, to: &text)
    }
    try files.removeShards(ofIndex: index, existing: options.existing)
    // Shards without an index that names them, and the checkpoint as one file.
    for path in usualPaths + [path] where StagedFiles.isRegularFile(path) {
      try files.remove(path, existing: options.existing)
    }
  }

  private func write(
    _ shards: [Range<Int>], as names: ShardNames, _ identity: String, options: WritingOptions,
    in files: inout StagedFiles
  ) throws(CheckpointError) {
    let metadata = metadata + [(SafetensorsContent.setName, identity)]
    for (path, shard) in zip(names.paths(of: shards.count), shards) {
      try files.write(path, options: options.with(options.existing.nothing)) {
        file throws(CheckpointError) in
        try SafetensorsFile(self.names, shard, metadata: metadata).write(to: file)
      }
    }
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
    of shards: [Range<Int>], _ shardNames: ShardNames, _ identity: String,
    to text: inout JSONWriter
  ) throws(CheckpointError) {
    text.put("{\n  ")
    text.write(name: ShardIndex.metadata)
    text.put("{")
    text.write(name: ShardIndex.totalSize)
    text.write(.int(names.tensors.reduce(0) { $0 + $1.byteCount }))
    text.put(", ")
    text.write(name: ShardIndex.setName)
    text.write(identity)
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

extension WritingOptions {
  fileprivate func with(_ existing: ExistingFiles) -> WritingOptions {
    var options = self
    options.existing = existing
    return options
  }
}
