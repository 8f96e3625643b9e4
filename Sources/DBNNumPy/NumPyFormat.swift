public import DBNCheckpointFormats
public import DBNTensors

/// Archives of `numpy.savez`, and single arrays.
public struct NumPyFormat: CheckpointFormat {
  /// `npz`, also for single arrays, in reports and JSON.
  public let name = "npz"
  /// The extensions of this format. It can only be read.
  public let extensions = ["npz", "npy"]

  /// The format, to be added to a registry.
  public init() {}

  /// Checks for the signature of an array, or an archive whose first record is named `.npy`.
  ///
  /// - Returns: nil for a file of another format.
  public func probe(_ file: SourceFile) -> SourceFile? {
    NumPyCheckpoint.recognises(file.bytes) ? file : nil
  }

  /// Reads all arrays of an archive as one ordered dictionary, in the archive's order, each under
  /// its record's name without the `.npy`. A single array is the whole checkpoint. The bytes of
  /// tensors stay in the file until they are needed.
  ///
  /// - Throws: an error with one of this module's codes or a zip code.
  public func read(
    _ file: consuming SourceFile, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    try NumPyCheckpoint.read(file.bytes)
  }
}
