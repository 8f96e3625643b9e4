public import DBNCheckpointFormats
public import DBNTensors

/// Archives of `numpy.savez`, and single arrays.
public struct NumPyFormat: CheckpointFormat {
  public let name = "npz"
  public let extensions = ["npz", "npy"]

  public init() {}

  public func probe(_ file: SourceFile) -> SourceFile? {
    NumPyCheckpoint.recognises(file.bytes) ? file : nil
  }

  public func read(
    _ file: consuming SourceFile, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    try NumPyCheckpoint.read(file.bytes)
  }
}
