public import DBNCheckpointFormats
public import DBNTensors

/// What `torch.export.save` writes: weights, and the model's operations.
public struct TorchExportFormat: CheckpointFormat {
  public let name = "torch-export"
  public let extensions = ["pt2"]

  public init() {}

  public func probe(_ file: SourceFile) -> TorchFile? { TorchFile(.exportedProgram, probing: file) }

  public func read(
    _ file: consuming TorchFile, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    try TorchCheckpoint.read(file, options: options)
  }
}
