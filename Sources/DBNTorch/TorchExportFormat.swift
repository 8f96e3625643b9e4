public import DBNCheckpointFormats
public import DBNTensors

/// Files from `torch.export.save`: weights and the model's operations.
public struct TorchExportFormat: CheckpointFormat {
  /// `torch-export` in reports and JSON.
  public let name = "torch-export"
  /// The filename extension. Files of this format are only read.
  public let extensions = ["pt2"]

  /// Makes the format, for a registry.
  public init() {}

  /// - Returns: nil for a file of another format.
  public func probe(_ file: SourceFile) -> TorchFile? { TorchFile(.exportedProgram, probing: file) }

  /// Reads the checkpoint in a file that `probe` recognised. The bytes of tensors stay in the
  /// mapped file until they are needed.
  ///
  /// The state dict is the whole checkpoint, or is under `state_dict` if the program has constants,
  /// which are then under `constants`. The operations become the checkpoint's `graph`, as PyTorch
  /// wrote them.
  ///
  /// - Throws: an error that names the record, the key or the global at fault. Nothing that a
  ///   pickle names is ever called.
  public func read(
    _ file: consuming TorchFile, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    try TorchCheckpoint.read(file, options: options)
  }
}
