public import DBNCheckpointFormats
public import DBNTensors

/// Weight files of Keras in HDF5, `.weights.h5` of Keras 3 and the older `.h5`: read as any HDF5 file,
/// in the order of their layers; `KerasNames` gives the weights PyTorch's names.
public struct KerasHDF5Format: CheckpointFormat {
  /// `keras-hdf5` in reports and JSON.
  public let name = "keras-hdf5"

  /// The format, to be put into a registry.
  public init() {}

  /// - Returns: nil for a file that is not HDF5, or not of Keras.
  public func probe(_ file: SourceFile) -> HDF5File? {
    HDF5File(probing: file).flatMap { $0.isKeras ? $0 : nil }
  }

  /// Reads the checkpoint of a file that `probe` recognised. The bytes of tensors stay in the file,
  /// mapped, until they are asked for.
  ///
  /// The checkpoint is one ordered dictionary of the weights, under the names and with the axes that
  /// the file has. What the file says of its layers is kept as attributes of the dictionary.
  ///
  /// - Throws: an error with this module's codes when the file is damaged, reaches outside itself or
  ///   holds what no checkpoint can.
  public func read(
    _ file: consuming HDF5File, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    try HDF5Checkpoint.read(file)
  }
}
