package import DBNTensors

/// Reads the shards of an index, of whatever format, and puts their values together.
package struct ShardReader {
  /// Opens a shard of the index.
  package typealias Opener = (SourceFile, ShardIndex) throws(CheckpointError) -> Checkpoint

  /// The values of all shards in the order of the index. Attributes of the shards' mappings, such
  /// as metadata, are merged; of values that differ the first is kept.
  package private(set) var contents = CheckpointDictionary(.orderedDict)
  package private(set) var notes: [Guidance] = []
  /// The format of the shards; of the first, if they differ.
  package private(set) var format: String?
  /// This toolkit's record of the checkpoint, if it wrote the index.
  package var record: ByteRegion? { index.record }

  private let index: ShardIndex
  private let folder: SourceFolder
  /// The values by their numbers in the index.
  private var values: [CheckpointValue?]

  /// - Throws: `shardIndex`, `shardPath`, `shardMissing`, `shardTensorMissing`,
  ///   `shardTensorUnlisted`, or the error in a shard.
  package init(_ file: SourceFile, open: Opener) throws(CheckpointError) {
    index = try ShardIndex(parsing: file.bytes)
    folder = file.folder
    values = Array(repeating: nil, count: index.tensors.count)
    for name in index.otherMetadata {
      notes.append("the index has '\(name.visible())' in its metadata, which is ignored")
    }
    for shard in index.shards.names.indices { try read(shard, open) }
    try collect()
  }

  private mutating func read(_ shard: Int, _ open: Opener) throws(CheckpointError) {
    let name = index.shards.names[shard]
    do throws(CheckpointError) {
      let file = try file(name)
      defer { file.bytes.releaseFile() }
      let checkpoint = try open(file, index)
      format = format ?? checkpoint.format
      notes += checkpoint.notes.filter { !notes.contains($0) }
      guard let root = checkpoint.root.dictionary else {
        throw CheckpointError(
          .shardTensorMissing,
          "this shard holds \(withArticle(checkpoint.root.typeName)), not named tensors",
          advice: "the files do not belong to one checkpoint; get all of them again")
      }
      for entry in root.entries { values[try number(of: entry.key, in: shard)] = entry.value }
      for (name, value) in root.attributes { add(value, toAttribute: name) }
    } catch {
      throw error.with(path: folder.prefix + name)
    }
  }

  private func file(_ name: String) throws(CheckpointError) -> SourceFile {
    do throws(CheckpointError) {
      return try folder.file(name)
    } catch  where error.code == .system {
      throw CheckpointError(
        .shardMissing, path: folder.prefix + name,
        "the index names this shard, which cannot be read (\(error.reason))",
        advice: "put all files of the checkpoint into one folder")
    }
  }

  /// The value's number. The index must name the shard in which the value was found, so no value
  /// can be in two shards.
  private func number(
    of key: CheckpointDictionary.Key, in shard: Int
  ) throws(CheckpointError) -> Int {
    let number = key.string.flatMap { index.tensors.place(of: $0) }
    if let number, index.shardByTensor[number] == shard { return number }
    throw CheckpointError(
      .shardTensorUnlisted, name: key.description,
      number.map {
        let other = index.shards.names[index.shardByTensor[$0]]
        return "the index says it is in '\(other.visible())', but it is in this shard"
      } ?? "it is in this shard, but not in the index",
      advice: "the files do not belong to one checkpoint; get all of them again")
  }

  /// Adds a shard's metadata or module versions to those of the shards before it.
  private mutating func add(_ value: CheckpointValue, toAttribute name: String) {
    guard let more = value.dictionary else {
      return notes.append("the shards' attribute '\(name.visible())' is left out")
    }
    let known = contents.attributes.firstIndex { $0.name.isIdentical(to: name) }
    guard let known, var merged = contents.attributes[known].value.dictionary else {
      return contents.attributes.append((name, value))
    }
    for entry in more.entries {
      guard let first = merged[entry.key] else {
        merged.set(entry.key, to: entry.value)
        continue
      }
      guard !first.isSameText(as: entry.value) else { continue }
      notes.append(
        "shards disagree about the metadata '\(entry.key.description.visible())'; the first value is "
          + "kept")
    }
    contents.attributes[known].value = .dictionary(merged)
  }

  private mutating func collect() throws(CheckpointError) {
    contents.reserveCapacity(values.count)
    var (byteCount, areAllRead) = (0, true)
    for (number, name) in index.tensors.names.enumerated() {
      guard let value = values[number] else {
        throw CheckpointError(
          .shardTensorMissing,
          path: folder.prefix + index.shards.names[index.shardByTensor[number]], name: name,
          "the index says it is in this shard, but it is not",
          advice: "the files do not belong to one checkpoint; get all of them again")
      }
      byteCount &+= value.tensor?.byteCount ?? 0
      if case .opaque = value { areAllRead = false }
      contents.set(.string(name), to: value)
    }
    values = []
    if areAllRead, let total = index.totalByteCount, total != byteCount {
      notes.append("the index counts \(total) bytes of tensors, but the shards have \(byteCount)")
    }
  }
}

extension CheckpointValue {
  /// Whether both print alike: metadata are texts, module versions mappings of numbers.
  fileprivate func isSameText(as other: CheckpointValue) -> Bool {
    switch (self, other) {
    case (.string(let text), .string(let other)): return text.isIdentical(to: other)
    case (.int(let number), .int(let other)): return number == other
    case (.dictionary(let mapping), .dictionary(let other)):
      return mapping.entries.count == other.entries.count
        && mapping.entries.allSatisfy { entry in
          other[entry.key].map { entry.value.isSameText(as: $0) } ?? false
        }
    default: return false
    }
  }
}
