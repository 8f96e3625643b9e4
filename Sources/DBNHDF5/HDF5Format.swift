public import DBNCheckpointFormats
public import DBNTensors

/// A file that was recognised as HDF5, with the catalog of its groups and datasets. It is parsed
/// once, both to recognise Keras' files and to read the checkpoint.
public struct HDF5File {
  let bytes: ByteRegion
  /// The groups and datasets, or the error if the file can't be parsed.
  let catalog: Result<Catalog, CheckpointError>

  init(_ bytes: ByteRegion) {
    self.bytes = bytes
    do throws(CheckpointError) {
      catalog = .success(try CatalogParser.read(bytes))
    } catch {
      catalog = .failure(error)
    }
  }

  /// Returns nil for a file of another format.
  init?(probing file: SourceFile) {
    guard HDF5Checkpoint.recognises(file.bytes) else { return nil }
    self = file.parsed { HDF5File($0) }
  }

  var isKeras: Bool { (try? catalog.get()).map { KerasFile($0).isRecognised } ?? false }
}

/// HDF5, in this toolkit's schema or with any numeric datasets.
public struct HDF5Format: CheckpointFormat {
  /// `hdf5` in reports and JSON.
  public let name = "hdf5"
  /// The filename extensions; `.h5` is the usual one.
  public let extensions = ["h5", "hdf5"]
  /// Writes files whose datasets can be compressed.
  public let writing: WritingSupport? = WritingSupport(
    compression: true,
    refusal: .init("HDF5 files are not written in shards", advice: "leave out \(.shardSize)"))

  /// Makes the format, for a registry.
  public init() {}

  /// Looks for HDF5's signature at the start of the file, or at 512, 1024, 2048, ... after a user
  /// block.
  ///
  /// - Returns: nil for a file of another format.
  public func probe(_ file: SourceFile) -> HDF5File? { HDF5File(probing: file) }

  /// Reads the checkpoint in a file that `probe` recognised. The bytes of tensors stay in the
  /// mapped file until they are needed.
  ///
  /// A file that does not follow the schema becomes one ordered dictionary: the names of nested
  /// groups are joined with dots.
  ///
  /// - Throws: an error with this module's codes when the file is damaged, refers to other files or
  ///   contains something that a checkpoint can't.
  public func read(
    _ file: consuming HDF5File, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    try HDF5Checkpoint.read(file, salvages: options.salvages)
  }

  /// Writes every value of the checkpoint, following the schema.
  ///
  /// - Returns: an empty list, because nothing is omitted.
  /// - Throws: `cannotBeWritten` for an object of an unknown class, the only value that the schema
  ///   can't hold.
  public func write(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    try HDF5Checkpoint.write(checkpoint, to: path, options: options, in: &files)
    return []
  }
}
