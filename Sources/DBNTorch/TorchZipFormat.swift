public import DBNCheckpointFormats
public import DBNTensors

/// Files from `torch.save` since PyTorch 1.6.
public struct TorchZipFormat: CheckpointFormat {
  /// `torch-zip` in reports and JSON.
  public let name = "torch-zip"
  /// The filename extensions; `.pth` is the usual one.
  public let extensions = ["pth", "pt", "ckpt", "bin"]
  /// Writes single, uncompressed files.
  public let writing: WritingSupport? = WritingSupport(
    refusal: .init(
      "PyTorch files cannot be written compressed or in shards",
      advice: "leave out \(.compression) and \(.shardSize), or write HDF5 or safetensors"))

  /// Makes the format, for a registry.
  public init() {}

  /// - Returns: nil for a file of another format, including those from `torch.export.save`.
  public func probe(_ file: SourceFile) -> TorchFile? { TorchFile(.zip, probing: file) }

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

  /// Writes a checkpoint as `torch.save` does since PyTorch 1.6; `torch.load` reads it, with
  /// `weights_only=True` and `mmap=True` too.
  ///
  /// The history of conversions, the model's operations, and the settings of BatchNorms are stored
  /// in additional records, which PyTorch ignores.
  ///
  /// - Returns: the omitted values, if the options allow omissions: opaque values, integers of more
  ///   than 255 bytes, sets with elements that Python can't hash.
  public func write(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    try TorchCheckpoint.write(checkpoint, to: path, options: options, in: &files)
  }
}
