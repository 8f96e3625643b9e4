public import DBNCheckpointFormats
public import DBNTensors

extension SafetensorsCheckpoint {
  /// Whether the path is the path of an index: `model.safetensors.index.json`.
  static func isIndex(_ path: String) -> Bool {
    path.hasSuffix(ShardNames.indexExtension)
  }

  /// The path of the index that is written with shards instead of a file at the path.
  static func index(for path: String) -> String {
    let names = ShardNames(path)
    return names.folder + names.index
  }

  /// The shards that an index names; none if it can't be read.
  static func shards(of index: String) -> [String] {
    let folder = ShardNames(index).folder
    let shards = try? ShardIndex(parsing: MappedFile.open(index)).shards.names.map { folder + $0 }
    return shards ?? []
  }
}

extension SafetensorsFormat {
  /// The index, or the only safetensors file.
  ///
  /// - Returns: nil if the folder has none.
  /// - Throws: `shardFolder` if there are several.
  public func entryPoint(in folder: SourceFolder) throws(CheckpointError) -> SourceFile? {
    let names = try folder.names()
    let indexes = names.filter(SafetensorsCheckpoint.isIndex)
    let candidates =
      indexes.isEmpty ? names.filter { $0.hasSuffix(ShardNames.fileExtension) } : indexes
    guard candidates.count <= 1 else {
      let path = String(folder.prefix.dropLast())
      if let error = ShardFileName.folderError(path, candidates) { throw error }
      throw CheckpointError(
        .shardFolder, path: path,
        "the folder has \(candidates.count) files that could be the checkpoint: "
          + candidates.prefix(5).map { $0.visible() }.joined(separator: ", "),
        advice: "give the path of one of them")
    }
    guard let name = candidates.first else { return nil }
    return try folder.file(name)
  }

  /// The shards that an index names; none if the path is not an index.
  public func companions(of path: String) -> [String] {
    SafetensorsCheckpoint.isIndex(path) ? SafetensorsCheckpoint.shards(of: path) : []
  }

  /// The index, which is written with shards and removed by a single file of the same name. The
  /// number of shards is not known yet.
  public func furtherOutputs(of path: String, options: WritingOptions) -> [String] {
    guard options.shardByteCount != nil || path.hasSuffix(ShardNames.fileExtension) else {
      return []
    }
    return [SafetensorsCheckpoint.index(for: path)]
  }
}
