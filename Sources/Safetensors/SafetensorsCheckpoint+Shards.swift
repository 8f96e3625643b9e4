public import CheckpointFormats
public import Tensors

extension SafetensorsCheckpoint {
  /// Whether the path is that of an index: `model.safetensors.index.json`.
  static func isIndex(_ path: String) -> Bool {
    path.hasSuffix(ShardNames.indexExtension)
  }
}

extension SafetensorsFormat {
  /// The index, or the only safetensors file.
  ///
  /// - Throws: `shardFolder` when there are several, and no telling which is meant.
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
        "the folder has \(candidates.count) files that could be meant: "
          + candidates.prefix(5).map { $0.visible() }.joined(separator: ", "),
        advice: "name one of them")
    }
    guard let name = candidates.first else { return nil }
    return try folder.file(name)
  }

  /// The shards that an index names.
  public func companions(of path: String) -> [String] {
    guard SafetensorsCheckpoint.isIndex(path) else { return [] }
    let folder = ShardNames(path).folder
    let shards = try? ShardIndex(parsing: MappedFile.open(path)).shards.names.map { folder + $0 }
    return shards ?? []
  }

  /// Of shards the index; how many there will be is not known before.
  public func furtherOutputs(of path: String, options: WritingOptions) -> [String] {
    guard options.shardByteCount != nil else { return [] }
    let names = ShardNames(path)
    return [names.folder + names.index]
  }
}
