public import DBNCheckpointFormats
public import DBNTensors

/// Files from `torch.save` before PyTorch 0.1.10.
public struct TorchTarFormat: CheckpointFormat {
  /// `torch-tar` in reports and JSON.
  public let name = "torch-tar"

  /// Makes the format, for a registry.
  public init() {}

  /// - Returns: nil for a file of another format.
  public func probe(_ file: SourceFile) -> TorchFile? { TorchFile(.tar, probing: file) }

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
