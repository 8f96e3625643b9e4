import DBNCheckpointFormats
package import DBNTensors

extension FormatRegistry {
  /// The files of the checkpoint at a path: the file itself, and its shards or rank files. Files
  /// that can't be read are skipped, since reading the checkpoint will report why.
  package func files(at path: String) -> [String] {
    let place = SourceFolder.exists(path) ? (try? openFile(path).path) ?? path : path
    let companions = formats.flatMap { $0.companions(of: place) }
    let shards = companions.isEmpty && ShardIndex.isIndex(place) ? ShardIndex.shards(of: place) : []
    return [place] + companions + shards
  }

  /// The files that writing to a path creates or removes, as far as they are known before the
  /// checkpoint is: for shards the index, for example, but not how many shards.
  package func outputs(at path: String, options: WritingOptions) -> [String] {
    [path] + formats.flatMap { $0.furtherOutputs(of: path, options: options) }
  }
}
