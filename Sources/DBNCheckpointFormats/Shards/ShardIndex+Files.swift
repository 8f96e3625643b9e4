internal import DBNTensors

extension ShardIndex {
  /// Whether a file's name is that of an index: `model.safetensors.index.json`,
  /// `pytorch_model.bin.index.json`; also of variants, which are named in three ways:
  /// `pytorch_model.fp16.bin.index.json`, `model.fp16.index.json` and
  /// `model.safetensors.index.fp16.json`.
  ///
  /// Source: `_add_variant` in transformers' `modeling_utils.py`, and the same in diffusers.
  package static func isIndex(_ path: String) -> Bool {
    let name = path.split(separator: "/").last ?? ""
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.last == "json" && parts.dropFirst().dropLast().suffix(2).contains("index")
  }

  /// The paths of the shards that an index names; none if it can't be read.
  package static func shards(of path: String) -> [String] {
    guard let index = try? ShardIndex(parsing: MappedFile.open(path)) else { return [] }
    let folder = SourceFolder(ofFile: path).prefix
    return index.shards.names.map { folder + $0 }
  }

  /// The names of all indexes in a folder.
  static func names(in folder: SourceFolder) -> [String] {
    ((try? folder.names()) ?? []).filter(isIndex)
  }

  /// The name of an index in a file's folder that names this file, and how many it names; nil if
  /// there is none.
  package static func name(naming path: String) -> (index: String, shardCount: Int)? {
    let folder = SourceFolder(ofFile: path)
    for name in IndexListings.current?.names(in: folder) ?? names(in: folder) {
      let shards = shards(of: folder.prefix + name)
      if shards.contains(where: { $0.isIdentical(to: path) }) { return (name, shards.count) }
    }
    return nil
  }
}
