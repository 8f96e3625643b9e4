public import DBNCheckpointFormats
public import DBNTensors

/// Keras weight files in HDF5, `.weights.h5` of Keras 3 and the older `.h5`. They are read as any
/// HDF5 file, in the order of their layers; `KerasNames` gives the weights PyTorch's names.
public struct KerasHDF5Format: CheckpointFormat {
  /// `keras-hdf5` in reports and JSON.
  public let name = "keras-hdf5"

  /// Makes the format, for a registry.
  public init() {}

  /// - Returns: nil for a file that is not HDF5 or not from Keras.
  public func probe(_ file: SourceFile) -> HDF5File? {
    HDF5File(probing: file).flatMap { $0.isKeras ? $0 : nil }
  }

  /// Reads the checkpoint in a file that `probe` recognised. The bytes of tensors stay in the
  /// mapped file until they are needed.
  ///
  /// The checkpoint is one ordered dictionary of the weights, with the file's names and axes. The
  /// file's information about its layers becomes attributes of the dictionary.
  ///
  /// - Throws: an error with this module's codes when the file is damaged, refers to other files or
  ///   contains something that a checkpoint can't.
  public func read(
    _ file: consuming HDF5File, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    try HDF5Checkpoint.read(file)
  }
}
