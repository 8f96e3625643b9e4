public import DBNCheckpointFormats
public import DBNTensors

/// Plain pickles: those of detectron2, Paddle and others that keep arrays of NumPy in mappings.
public struct TorchPickleFormat: CheckpointFormat {
  /// `pickle` in reports and JSON.
  public let name = "pickle"
  /// The filename extensions. Files of this format are only read.
  public let extensions = ["pkl", "pickle", "pdparams"]

  /// Makes the format, for a registry.
  public init() {}

  /// - Returns: nil for a file that is not a single pickle of protocol 2 or later as a whole.
  public func probe(_ file: SourceFile) -> PlainPickle? { PlainPickle(file.bytes) }

  /// Reads the checkpoint in a file that `probe` recognised. Arrays stay in the mapped file until
  /// they are needed, except in pickles of protocol 2, where they are text.
  ///
  /// - Throws: an error that names the key or the global at fault. Nothing that a pickle names is
  ///   ever called.
  public func read(
    _ pickle: consuming PlainPickle, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    try TorchCheckpoint.read(pickle, options: options)
  }
}

/// A file that is a single pickle.
public struct PlainPickle {
  let bytes: ByteRegion

  /// PROTO, followed by the protocol's version.
  private static let protocols: ClosedRange<UInt8> = 2...5

  init?(_ file: ByteRegion) {
    var reader = ByteReader(file)
    guard (try? reader.read(UInt8.self)) == PickleOperation.proto.rawValue,
      let version = try? reader.read(UInt8.self), Self.protocols ~= version,
      let end = PickleOperation.end(ofPickleIn: file), end == file.count
    else { return nil }
    bytes = file
  }
}
