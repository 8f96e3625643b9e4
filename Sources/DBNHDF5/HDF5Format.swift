public import DBNCheckpointFormats
public import DBNTensors

/// A file that was recognised as HDF5, and what is where in it: parsed once, to tell Keras' files from
/// others and to read them.
public struct HDF5File {
  let bytes: ByteRegion
  /// Or what is wrong with the file.
  let catalog: Result<Catalog, CheckpointError>

  init(_ bytes: ByteRegion) {
    self.bytes = bytes
    do throws(CheckpointError) {
      catalog = .success(try CatalogParser.read(bytes))
    } catch {
      catalog = .failure(error)
    }
  }

  /// Nil for a file of another format.
  init?(probing file: SourceFile) {
    guard HDF5Checkpoint.recognises(file.bytes) else { return nil }
    self = file.parsed { HDF5File($0) }
  }

  var isKeras: Bool { (try? catalog.get()).map { KerasFile($0).isRecognised } ?? false }
}

/// HDF5, by the schema of this toolkit or any file of numeric datasets.
public struct HDF5Format: CheckpointFormat {
  public let name = "hdf5"
  public let extensions = ["h5", "hdf5"]
  public let writing: WritingSupport? = WritingSupport(
    compression: true,
    refusal: .init("HDF5 files are not written in shards", advice: "leave out the shard size"))

  public init() {}

  public func probe(_ file: SourceFile) -> HDF5File? { HDF5File(probing: file) }

  public func read(
    _ file: consuming HDF5File, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    try HDF5Checkpoint.read(file)
  }

  /// Writes every value of the checkpoint by the schema.
  ///
  /// - Returns: nothing; the schema has a place for everything but objects of unknown classes, which
  ///   are an error.
  public func write(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    try HDF5Checkpoint.write(checkpoint, to: path, options: options, in: &files)
    return []
  }
}

/// Weight files of Keras in HDF5, `.weights.h5` of Keras 3 and the older `.h5`: read as any HDF5 file,
/// in the order of their layers; `KerasNames` gives the weights PyTorch's names.
public struct KerasHDF5Format: CheckpointFormat {
  public let name = "keras-hdf5"

  public init() {}

  public func probe(_ file: SourceFile) -> HDF5File? {
    HDF5File(probing: file).flatMap { $0.isKeras ? $0 : nil }
  }

  public func read(
    _ file: consuming HDF5File, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    try HDF5Checkpoint.read(file)
  }
}
