public import DBNCheckpointFormats
public import DBNTensors

/// What `torch.save` wrote from PyTorch 0.1.10 to 1.5.
public struct TorchLegacyFormat: CheckpointFormat {
  /// `torch-legacy` in reports and JSON.
  public let name = "torch-legacy"

  /// The format, to be put into a registry.
  public init() {}

  /// - Returns: nil for a file of another format.
  public func probe(_ file: SourceFile) -> TorchFile? { TorchFile(.legacy, probing: file) }

  /// Reads the checkpoint of a file that `probe` recognised. The bytes of tensors stay in the file,
  /// mapped, until they are asked for.
  ///
  /// - Throws: an error that names the record, the key or the global that is at fault. Nothing that
  ///   a pickle names is ever called.
  public func read(
    _ file: consuming TorchFile, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    try TorchCheckpoint.read(file, options: options)
  }
}
