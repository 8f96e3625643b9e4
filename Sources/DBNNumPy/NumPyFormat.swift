public import DBNCheckpointFormats
public import DBNTensors

/// Archives of `numpy.savez`, and single arrays.
public struct NumPyFormat: CheckpointFormat {
  /// `npz`, also of single arrays, in reports and JSON.
  public let name = "npz"
  /// What files of this format are called. They are only read.
  public let extensions = ["npz", "npy"]

  /// The format, to be put into a registry.
  public init() {}

  /// Looks for the signature of an array, or an archive of which the first record is called `.npy`.
  ///
  /// - Returns: nil for a file of another format.
  public func probe(_ file: SourceFile) -> SourceFile? {
    NumPyCheckpoint.recognises(file.bytes) ? file : nil
  }

  /// Reads all arrays of an archive as one ordered dictionary, in the archive's order, each under its
  /// record's name without the `.npy`. A single array is the whole checkpoint. The bytes of tensors
  /// stay in the file until they are asked for.
  ///
  /// - Throws: an error with this module's codes, or those of archives.
  public func read(
    _ file: consuming SourceFile, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    try NumPyCheckpoint.read(file.bytes)
  }
}
