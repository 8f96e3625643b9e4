public import DBNCheckpointFormats
public import DBNTensors

/// What `torch.save` writes since PyTorch 1.6.
public struct TorchZipFormat: CheckpointFormat {
  /// `torch-zip` in reports and JSON.
  public let name = "torch-zip"
  /// What files of this format are called; `.pth` is the usual one.
  public let extensions = ["pth", "pt", "ckpt", "bin"]
  /// Whole, uncompressed files.
  public let writing: WritingSupport? = WritingSupport(
    refusal: .init(
      "PyTorch's files are not written compressed or in shards",
      advice: "leave out \(.compression) and \(.shardSize), or write HDF5 or safetensors"))

  /// The format, to be put into a registry.
  public init() {}

  /// - Returns: nil for a file of another format, those of `torch.export.save` included.
  public func probe(_ file: SourceFile) -> TorchFile? { TorchFile(.zip, probing: file) }

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

  /// Writes a checkpoint as `torch.save` does since PyTorch 1.6; `torch.load` reads it, with
  /// `weights_only=True` and `mmap=True` too.
  ///
  /// The history of conversions, the model's operations, and the settings of BatchNorms are kept in
  /// records of their own, which PyTorch passes over.
  ///
  /// - Returns: what was left out, if the options allow that: opaque values, integers of more than
  ///   255 bytes, sets of what Python can't hash.
  public func write(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    try TorchCheckpoint.write(checkpoint, to: path, options: options, in: &files)
  }
}
