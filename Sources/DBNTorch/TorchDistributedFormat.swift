public import DBNCheckpointFormats
public import DBNTensors

/// A folder from `torch.distributed.checkpoint`, represented by its metadata.
public struct TorchDistributedFormat: CheckpointFormat {
  /// `torch-distributed` in reports and JSON.
  public let name = "torch-distributed"

  /// Makes the format, for a registry.
  public init() {}

  /// Recognises the files `.metadata` and `__0.metadata` by their names.
  public func probe(_ file: SourceFile) -> SourceFile? {
    DistributedCheckpoint.isMetadata(file.path) && file.bytes.count > 0 ? file : nil
  }

  /// Reads all files of the folder that the metadata lists, as one checkpoint. Tensors are
  /// assembled from their chunks when their bytes are needed.
  ///
  /// - Throws: `distributedMetadata`, `distributedPath`, `distributedMissing`, `tensorSlices`,
  ///   `distributedContent` or `distributedTransform`, with the name of the entry.
  public func read(
    _ metadata: consuming SourceFile, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    try DistributedCheckpoint.read(metadata: metadata, options: options)
  }

  /// The file `.metadata` of the folder, or the first rank's; nil if there is none.
  public func entryPoint(in folder: SourceFolder) throws(CheckpointError) -> SourceFile? {
    try DistributedCheckpoint.entryPoint(in: folder)
  }

  /// The ranks' files beside the metadata.
  public func companions(of path: String) -> [String] {
    guard DistributedCheckpoint.isMetadata(path) else { return [] }
    return DistributedCheckpoint.files(metadata: path)
  }
}
