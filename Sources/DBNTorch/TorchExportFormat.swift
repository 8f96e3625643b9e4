public import DBNCheckpointFormats
public import DBNTensors

/// What `torch.export.save` writes: weights, and the model's operations.
public struct TorchExportFormat: CheckpointFormat {
  /// `torch-export` in reports and JSON.
  public let name = "torch-export"
  /// What files of this format are called. They are only read.
  public let extensions = ["pt2"]

  /// The format, to be put into a registry.
  public init() {}

  /// - Returns: nil for a file of another format.
  public func probe(_ file: SourceFile) -> TorchFile? { TorchFile(.exportedProgram, probing: file) }

  /// Reads the checkpoint of a file that `probe` recognised. The bytes of tensors stay in the file,
  /// mapped, until they are asked for.
  ///
  /// The state dict is the whole checkpoint, or stands under `state_dict` where the program has
  /// constants, which are then under `constants`. The operations are the checkpoint's `graph`, as PyTorch
  /// wrote them.
  ///
  /// - Throws: an error that names the record, the key or the global that is at fault. Nothing that
  ///   a pickle names is ever called.
  public func read(
    _ file: consuming TorchFile, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    try TorchCheckpoint.read(file, options: options)
  }
}
