public import DBNCheckpointFormats
public import DBNTensors

/// What `torch.save` wrote before PyTorch 0.1.10.
public struct TorchTarFormat: CheckpointFormat {
  public let name = "torch-tar"

  public init() {}

  public func probe(_ file: SourceFile) -> TorchFile? { TorchFile(.tar, probing: file) }

  public func read(
    _ file: consuming TorchFile, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    try TorchCheckpoint.read(file, options: options)
  }
}
