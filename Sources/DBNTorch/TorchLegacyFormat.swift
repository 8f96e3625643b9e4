public import DBNCheckpointFormats
public import DBNTensors

/// Files from `torch.save` in PyTorch 0.1.10 to 1.5.
public struct TorchLegacyFormat: CheckpointFormat {
  /// `torch-legacy` in reports and JSON.
  public let name = "torch-legacy"

  /// Makes the format, for a registry.
  public init() {}

  /// - Returns: nil for a file of another format.
  public func probe(_ file: SourceFile) -> TorchFile? { TorchFile(.legacy, probing: file) }

  /// Reads the checkpoint in a file that `probe` recognised. The bytes of tensors stay in the
  /// mapped file until they are needed.
  ///
  /// - Throws: an error that names the record, the key or the global at fault. Nothing that a
  ///   pickle names is ever called.
  public func read(
    _ file: consuming TorchFile, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    try TorchCheckpoint.read(file, options: options)
  }
}
