internal import DBNCheckpointFormats
internal import DBNTensors

/// Reads the shards of an index as one checkpoint.
struct ShardReader {
  private let index: ShardIndex
  private let folder: SourceFolder
  /// The header entries, by the number of the tensor in the index.
  private var entries: [SafetensorsHeader.Entry?]
  /// The bytes of the tensors of each shard.
  private var data: [ByteRegion] = []
  private var content: SafetensorsContent

  static func read(_ index: SourceFile) throws(CheckpointError) -> Checkpoint {
    var reader = ShardReader(try ShardIndex(parsing: index.bytes), folder: index.folder)
    for shard in reader.index.shards.names.indices { try reader.read(shard) }
    return try reader.checkpoint()
  }

  private init(_ index: ShardIndex, folder: SourceFolder) {
    self.index = index
    self.folder = folder
    entries = Array(repeating: nil, count: index.tensors.count)
    content = SafetensorsContent(index.record)
    for name in index.otherMetadata {
      content.note("the index has '\(name.visible())' in its metadata, which is ignored")
    }
  }

  private mutating func read(_ shard: Int) throws(CheckpointError) {
    let name = index.shards.names[shard]
    let path = folder.prefix + name
    do throws(CheckpointError) {
      let (header, data) = try SafetensorsHeader.read(try open(name))
      for (name, text) in header.metadata { content.add(name, text) }
      header.notes.forEach { content.note($0) }
      for (name, entry) in zip(header.names.names, header.entries) {
        entries[try number(of: name, in: shard)] = entry
      }
      self.data.append(data)
    } catch {
      throw error.with(path: path)
    }
  }

  private func open(_ name: String) throws(CheckpointError) -> ByteRegion {
    do throws(CheckpointError) {
      return try folder.file(name).bytes
    } catch  where error.code == .system {
      throw CheckpointError(
        .shardMissing, path: folder.prefix + name,
        "the index names this shard, which cannot be read (\(error.reason))",
        advice: "put all files of the checkpoint into one folder")
    }
  }

  /// The tensor's number. The index must name the shard in which the tensor was found, so no tensor
  /// can be in two shards.
  private func number(of name: String, in shard: Int) throws(CheckpointError) -> Int {
    let number = index.tensors.place(of: name)
    if let number, index.shardByTensor[number] == shard { return number }
    throw CheckpointError(
      .shardTensorUnlisted, name: name,
      number.map {
        let other = index.shards.names[index.shardByTensor[$0]]
        return "the index says it is in '\(other.visible())', but it is in this shard"
      } ?? "it is in this shard, but not in the index",
      advice: "the files do not belong to one checkpoint; get all of them again")
  }

  private consuming func checkpoint() throws(CheckpointError) -> Checkpoint {
    content.tensors = try tensors()
    entries = []
    let byteCount = (0..<content.tensors.count).reduce(0) { $0 + content.tensors[$1].byteCount }
    if let total = index.totalByteCount, total != byteCount {
      content.note("the index counts \(total) bytes of tensors, but the shards have \(byteCount)")
    }
    return try content.checkpoint()
  }

  /// The tensors, in the index's order.
  private func tensors() throws(CheckpointError) -> NamedTensors {
    var tensors: [Tensor] = []
    tensors.reserveCapacity(entries.count)
    for (number, name) in index.tensors.names.enumerated() {
      let shard = index.shardByTensor[number]
      guard let entry = entries[number] else {
        throw CheckpointError(
          .shardTensorMissing, path: folder.prefix + index.shards.names[shard], name: name,
          "the index says it is in this shard, but it is not",
          advice: "the files do not belong to one checkpoint; get all of them again")
      }
      tensors.append(try entry.tensor(name, in: data[shard]))
    }
    return NamedTensors(index.tensors, tensors)
  }
}
