public import DBNCheckpointFormats
public import DBNTensors

/// A folder of `torch.distributed.checkpoint`, which its file `.metadata` stands for.
public struct TorchDistributedFormat: CheckpointFormat {
  public let name = "torch-distributed"

  public init() {}

  public func probe(_ file: SourceFile) -> SourceFile? {
    file.path.hasSuffix("/\(DistributedCheckpoint.metadataName)") && file.bytes.count > 0
      ? file : nil
  }

  public func read(
    _ metadata: consuming SourceFile, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    try DistributedCheckpoint.read(metadata: metadata, options: options)
  }

  public func entryPoint(in folder: SourceFolder) throws(CheckpointError) -> SourceFile? {
    try? folder.file(DistributedCheckpoint.metadataName)
  }

  /// The files that the metadata names.
  public func companions(of path: String) -> [String] {
    guard path.hasSuffix("/\(DistributedCheckpoint.metadataName)") else { return [] }
    return DistributedCheckpoint.files(metadata: path)
  }
}
