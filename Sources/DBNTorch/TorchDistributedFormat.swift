public import DBNCheckpointFormats
public import DBNTensors

/// A folder from `torch.distributed.checkpoint`, represented by its file `.metadata`.
public struct TorchDistributedFormat: CheckpointFormat {
  /// `torch-distributed` in reports and JSON.
  public let name = "torch-distributed"

  /// Makes the format, for a registry.
  public init() {}

  /// Recognises the file `.metadata` by its name.
  public func probe(_ file: SourceFile) -> SourceFile? {
    file.path.hasSuffix("/\(DistributedCheckpoint.metadataName)") && file.bytes.count > 0
      ? file : nil
  }

  /// Reads all files of the folder that the metadata lists, as one checkpoint. Tensors are
  /// assembled from their chunks when their bytes are needed.
  ///
  /// - Throws: `distributedMetadata`, `distributedPath`, `distributedMissing`, `distributedChunks`,
  ///   `distributedContent` or `distributedTransform`, with the name of the entry.
  public func read(
    _ metadata: consuming SourceFile, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    try DistributedCheckpoint.read(metadata: metadata, options: options)
  }

  /// The file `.metadata` of the folder; nil if there is none.
  public func entryPoint(in folder: SourceFolder) throws(CheckpointError) -> SourceFile? {
    try? folder.file(DistributedCheckpoint.metadataName)
  }

  /// The files that the metadata lists.
  public func companions(of path: String) -> [String] {
    guard path.hasSuffix("/\(DistributedCheckpoint.metadataName)") else { return [] }
    return DistributedCheckpoint.files(metadata: path)
  }
}
