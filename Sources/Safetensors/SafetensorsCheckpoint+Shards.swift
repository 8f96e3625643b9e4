public import Tensors

internal import Glibc

extension SafetensorsCheckpoint {
  /// Whether the path is that of an index: `model.safetensors.index.json`.
  public static func isIndex(_ path: String) -> Bool {
    path.hasSuffix(ShardNames.indexExtension)
  }

  /// The index of the shards that are written in the place of the path.
  package static func index(for path: String) -> String {
    let names = ShardNames(path)
    return names.folder + names.index
  }

  /// The shards that an index names; none if it can't be read.
  package static func shards(of index: String) -> [String] {
    let folder = ShardNames(index).folder
    let shards = try? ShardIndex(parsing: MappedFile.open(index)).shards.names.map { folder + $0 }
    return shards ?? []
  }

  /// The file in a folder that stands for the checkpoint in it: the index, or the only safetensors
  /// file; nil if the folder has neither, or is none.
  ///
  /// - Throws: `shardFolder` when there are several, and no telling which is meant.
  public static func entryPoint(ofFolder path: String) throws(CheckpointError) -> String? {
    let names = try fileNames(inFolder: path)
    let indexes = names.filter(isIndex)
    let candidates =
      indexes.isEmpty ? names.filter { $0.hasSuffix(ShardNames.fileExtension) } : indexes
    guard candidates.count <= 1 else {
      if let error = ShardFileName.folderError(path, candidates) { throw error }
      throw CheckpointError(
        .shardFolder, path: path,
        "the folder has \(candidates.count) files that could be meant: "
          + candidates.prefix(5).map { $0.visible() }.joined(separator: ", "),
        advice: "name one of them")
    }
    return candidates.first.map { "\(path)/\($0)" }
  }

  /// Reads all shards of an index as one file, in the index's order.
  ///
  /// - Parameter path: of the index; the shards are the files beside it that it names.
  /// - Throws: as `read`, and `shardIndex`, `shardPath`, `shardMissing`, `shardTensorMissing`,
  ///   `shardTensorUnlisted`.
  public static func readShards(_ path: String) throws(CheckpointError) -> Checkpoint {
    do throws(CheckpointError) {
      return try ShardReader.read(try MappedFile.open(path), path: path)
    } catch {
      throw error.with(path: path)
    }
  }

  /// The names of what is in a folder, in order.
  private static func fileNames(inFolder path: String) throws(CheckpointError) -> [String] {
    guard let folder = opendir(path) else {
      if errno == ENOTDIR { return [] }
      throw CheckpointError(
        .system, path: path, "cannot open: \(String(cString: strerror(errno)).lowercased())")
    }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) { name in
          name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
