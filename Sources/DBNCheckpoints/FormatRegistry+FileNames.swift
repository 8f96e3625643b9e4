import DBNCheckpointFormats
package import DBNTensors

extension FormatRegistry {
  /// The files of the checkpoint at a path: the file itself, and its shards or rank files. Files
  /// that can't be read are skipped, since reading the checkpoint will report why.
  package func files(at path: String) -> [String] {
    files(of: SourceFolder.exists(path) ? (try? openFile(path).path) ?? path : path)
  }

  /// The files of the checkpoint that is read by opening this one.
  private func files(of place: String) -> [String] {
    let companions = formats.flatMap { $0.companions(of: place) }
    let shards = companions.isEmpty && ShardIndex.isIndex(place) ? ShardIndex.shards(of: place) : []
    return [place] + companions + shards
  }

  /// A note on the files of a folder that look like checkpoints and are not read, since the choice
  /// among them was not the user's.
  ///
  /// - Parameters:
  ///   - path: what the user named.
  ///   - file: what was opened.
  func noteOnOtherFiles(at path: String, besides file: SourceFile) -> Guidance? {
    guard file.path != path, let names = try? SourceFolder(path).names() else { return nil }
    let extensions = formats.flatMap(\.extensions).map { ".\($0)" }
    let opened = file.path.split(separator: "/").last
    let candidates = names.filter { name in
      Substring(name) != opened && ShardFileName(name) == nil
        && extensions.contains { name.hasSuffix($0) }
    }
    guard !candidates.isEmpty else { return nil }
    let read = Set(files(of: file.path).compactMap { $0.split(separator: "/").last })
    let others = candidates.filter { !read.contains(Substring($0)) }
    guard let first = others.first, let opened else { return nil }
    let more = others.count > 1 ? " and \(others.count - 1) more" : ""
    return
      "the folder is read as \(String(opened).visible()); \(first.visible())\(more) could be "
      + "meant too: name the file"
  }

  /// The files that writing to a path creates or removes, as far as they are known before the
  /// checkpoint is: for shards the index, for example, but not how many shards.
  package func outputs(at path: String, options: WritingOptions) -> [String] {
    [path, ShardIndex.usualPath(for: path)]
      + formats.flatMap { $0.furtherOutputs(of: path, options: options) }
  }
}
