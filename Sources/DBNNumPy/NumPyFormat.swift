public import DBNCheckpointFormats
public import DBNTensors

/// Archives of `numpy.savez`, and single arrays.
public struct NumPyFormat: CheckpointFormat {
  /// `npz`, also for single arrays, in reports and JSON.
  public let name = "npz"
  /// The extensions of this format: archives, and single arrays.
  public let extensions = ["npz", "npy"]
  /// Plain files, as `numpy.savez` and `numpy.save` write them.
  public let writing: WritingSupport? = WritingSupport(
    refusal: .init(
      "NumPy's files cannot be written compressed or in shards",
      advice: "leave out \(.compression) and \(.shardSize), or write HDF5 or safetensors"))

  /// The format, to be added to a registry.
  public init() {}

  /// Checks for the signature of an array, or an archive whose first record is named `.npy`.
  ///
  /// - Returns: nil for a file of another format.
  public func probe(_ file: SourceFile) -> SourceFile? {
    NumPyCheckpoint.recognises(file.bytes) ? file : nil
  }

  /// Reads all arrays of an archive as one ordered dictionary, in the archive's order, each under
  /// its record's name without the `.npy`. A single array is the whole checkpoint. Arrays of text
  /// become lists of texts; entries that are neither are unreadable. The bytes of tensors stay in the
  /// file until they are needed.
  ///
  /// - Throws: an error with one of this module's codes or a zip code.
  public func read(
    _ file: consuming SourceFile, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    try NumPyCheckpoint.read(file.bytes)
  }

  /// Writes a state dict as an archive with an array for each tensor, as `numpy.savez` does, or a
  /// single tensor to a path that ends in `.npy`, as `numpy.save` does.
  ///
  /// NumPy's files hold arrays and nothing else. The history of conversions and the settings of
  /// BatchNorms are never kept, and a tied tensor becomes a copy; all are reported.
  ///
  /// - Returns: what was omitted, if the options allow it: values that are not tensors, types that
  ///   NumPy lacks, such as bfloat16, the versions of modules.
  public func write(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    try NumPyCheckpoint.write(checkpoint, to: path, options: options, in: &files)
  }
}
