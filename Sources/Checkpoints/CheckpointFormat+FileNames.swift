package import Tensors

import Safetensors

extension CheckpointFormat {
  /// The files that the checkpoint at a path lies in: the path's own, and the shards or the files of
  /// ranks that belong to it. What can't be read is passed over, since reading it will say why.
  package static func files(at path: String) -> [String] {
    let place = (try? openFile(path).path) ?? path
    return [place] + all.flatMap { $0.companions(place) }
  }

  /// The files that writing to a path makes or takes away, as far as that is known before the
  /// checkpoint is: of shards the index, for example, but not how many there will be.
  package static func outputs(at path: String, options: WritingOptions) -> [String] {
    guard options.shardByteCount != nil || path.hasSuffix(".safetensors") else { return [path] }
    return [path, SafetensorsCheckpoint.index(for: path)]
  }
}
