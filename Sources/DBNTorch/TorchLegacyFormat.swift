public import DBNCheckpointFormats
public import DBNTensors

/// What `torch.save` wrote from PyTorch 0.1.10 to 1.5.
public struct TorchLegacyFormat: CheckpointFormat {
  public let name = "torch-legacy"

  public init() {}

  public func probe(_ file: SourceFile) -> TorchFile? { TorchFile(.legacy, probing: file) }

  public func read(
    _ file: consuming TorchFile, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    try TorchCheckpoint.read(file, options: options)
  }
}
