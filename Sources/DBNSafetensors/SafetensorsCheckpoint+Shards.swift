public import DBNCheckpointFormats
public import DBNTensors

extension SafetensorsCheckpoint {
  /// Whether the path is that of an index of safetensors files: `model.safetensors.index.json`,
  /// `model.safetensors.index.fp16.json`.
  static func isIndex(_ path: String) -> Bool {
    let name = path.split(separator: "/").last ?? ""
    return ShardIndex.isIndex(path) && name.contains("\(ShardNames.fileExtension).index.")
  }

  /// The path of the index that is written with shards instead of a file at the path.
  static func index(for path: String) -> String {
    let names = ShardNames(path)
    return names.folder + names.index
  }

  /// Reads the shards of an index as one checkpoint.
  static func read(index: SourceFile) throws(CheckpointError) -> Checkpoint {
    let shards = try ShardReader(index) { file, index throws(CheckpointError) in
      try read(file.bytes, shardOf: index)
    }
    var contents = shards.contents
    let place = contents.attributes.firstIndex { $0.name == SafetensorsContent.metadataAttribute }
    let metadata = place.map { contents.attributes.remove(at: $0).value.dictionary?.entries ?? [] }
    return try SafetensorsContent(
      tensors: NamedTensors(contents), shards.record,
      metadata: (metadata ?? []).compactMap { entry in
        guard let name = entry.key.string, case .string(let text) = entry.value else { return nil }
        return (name, text)
      }, notes: shards.notes
    ).checkpoint()
  }
}

extension SafetensorsFormat {
  /// The index, the only safetensors file, or the folder itself if ranks saved slices in it.
  ///
  /// - Returns: nil if the folder has none.
  /// - Throws: `shardFolder` if there are several.
  public func entryPoint(in folder: SourceFolder) throws(CheckpointError) -> SourceFile? {
    let names = try folder.names()
    let indexes = names.filter(SafetensorsCheckpoint.isIndex)
    let files = names.filter { $0.hasSuffix(ShardNames.fileExtension) }
    let candidates = indexes.isEmpty ? files : indexes
    // An index of other names reads the files that it names, if they are not one whole checkpoint.
    if indexes.isEmpty, names.contains(where: ShardIndex.isIndex),
      files.count > 1
        || files.contains(where: { ShardIndex.name(naming: folder.prefix + $0) != nil })
    {
      return nil
    }
    if indexes.isEmpty, files.count > 1, SlicedFolder.recognises(folder) {
      return SourceFile(folder)
    }
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

  /// The shards that an index names, or the files with slices in a folder; otherwise none.
  public func companions(of path: String) -> [String] {
    guard !path.hasSuffix("/") else {
      let folder = SourceFolder(String(path.dropLast()))
      let names = SlicedFolder.recognises(folder) ? (try? folder.names()) ?? [] : []
      return names.filter { $0.hasSuffix(SlicedFolder.fileExtension) }.map { path + $0 }
    }
    return SafetensorsCheckpoint.isIndex(path) ? ShardIndex.shards(of: path) : []
  }

  /// The index of shards. How many there will be is not known yet.
  public func furtherOutputs(of path: String, options: WritingOptions) -> [String] {
    options.shardByteCount == nil ? [] : [SafetensorsCheckpoint.index(for: path)]
  }
}
