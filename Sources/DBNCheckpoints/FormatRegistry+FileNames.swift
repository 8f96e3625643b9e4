import DBNCheckpointFormats
package import DBNTensors

extension FormatRegistry {
  /// The files that the checkpoint at a path lies in: the path's own, and the shards or the files of
  /// ranks that belong to it. What can't be read is passed over, since reading it will say why.
  package func files(at path: String) -> [String] {
    let place = SourceFolder.exists(path) ? (try? openFile(path).path) ?? path : path
    return [place] + formats.flatMap { $0.companions(of: place) }
  }

  /// The files that writing to a path makes or takes away, as far as that is known before the
  /// checkpoint is: of shards the index, for example, but not how many there will be.
  package func outputs(at path: String, options: WritingOptions) -> [String] {
    [path] + formats.flatMap { $0.furtherOutputs(of: path, options: options) }
  }
}
