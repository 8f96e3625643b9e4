internal import Tensors

/// Reads the shards of an index as one file.
struct ShardReader {
  private let index: ShardIndex
  private let folder: String
  private var entries: [CheckpointDictionary.Key: (SafetensorsHeader.Entry, ByteRegion)] = [:]
  private var content: SafetensorsContent

  static func read(_ index: ByteRegion, path: String) throws(CheckpointError) -> Checkpoint {
    var reader = ShardReader(try ShardIndex(parsing: index), folder: ShardNames(path).folder)
    for shard in reader.index.shards { try reader.read(shard) }
    return try reader.checkpoint()
  }

  private init(_ index: ShardIndex, folder: String) {
    self.index = index
    self.folder = folder
    let record = index.record.map { [(name: SafetensorsContent.recordName, text: $0)] } ?? []
    content = SafetensorsContent(metadata: record, notes: [])
    for name in index.otherMetadata {
      content.note("the index has '\(name.visible())' in its metadata: left out")
    }
  }

  private mutating func read(_ shard: String) throws(CheckpointError) {
    let path = folder + shard
    do throws(CheckpointError) {
      let (header, data) = try SafetensorsHeader.read(try Self.open(path))
      for (name, text) in header.metadata
      where !name.isIdentical(to: SafetensorsContent.recordName) {
        content.add(name, text)
      }
      header.notes.forEach { content.note($0) }
      for entry in header.entries {
        try checkPlace(of: entry, in: shard)
        entries[.string(entry.name)] = (entry, data)
      }
    } catch {
      throw error.with(path: path)
    }
  }

  private static func open(_ path: String) throws(CheckpointError) -> ByteRegion {
    do throws(CheckpointError) {
      return try MappedFile.open(path)
    } catch  where error.code == .system {
      throw CheckpointError(
        .shardMissing, path: path, "the index names this shard: \(error.reason)",
        advice: "get all files of the checkpoint into one folder")
    }
  }

  /// The index must place every tensor where it is found; so that none can be there twice.
  private func checkPlace(
    of entry: SafetensorsHeader.Entry, in shard: String
  ) throws(CheckpointError) {
    let listed = index.shardByTensor[.string(entry.name)]
    guard listed?.isIdentical(to: shard) != true else { return }
    throw CheckpointError(
      .shardTensorUnlisted, name: entry.name,
      listed.map { "the index places it in '\($0.visible())', but it is in this shard too" }
        ?? "it is in this shard, but not in the index",
      advice: "the files are not of one checkpoint; get all of them again")
  }

  private consuming func checkpoint() throws(CheckpointError) -> Checkpoint {
    var byteCount = 0
    content.reserveCapacity(index.tensors.count)
    for name in index.tensors {
      guard let (entry, data) = entries[.string(name)] else {
        let shard = index.shardByTensor[.string(name)] ?? ""
        throw CheckpointError(
          .shardTensorMissing, path: folder + shard, name: name,
          "the index places it in this shard, where it is not",
          advice: "the files are not of one checkpoint; get all of them again")
      }
      byteCount += entry.end - entry.start
      try content.add(entry, in: data)
    }
    if let total = index.totalByteCount, total != byteCount {
      content.note("the index counts \(total) bytes of tensors, the shards have \(byteCount)")
    }
    return try content.checkpoint()
  }
}
