public import DBNCheckpointFormats
public import DBNTensors

/// safetensors files: one file, or shards with an index.
public struct SafetensorsFormat: CheckpointFormat {
  /// `safetensors` in reports and JSON.
  public let name = "safetensors"
  /// The extensions of this format.
  public let extensions = ["safetensors"]
  /// Whole files, or shards with an index.
  public let writing: WritingSupport? = WritingSupport(
    shards: true,
    refusal: .init(
      "safetensors files are not compressed",
      advice: "write an HDF5 file, or leave out \(.compression)"))

  /// The format, to be added to a registry.
  public init() {}

  /// Parses only the first bytes of the file. An index is recognised by its name, and a folder by the
  /// metadata of its files.
  public func probe(_ file: SourceFile) -> SourceFile? {
    if file.isFolder { return SlicedFolder.recognises(file.folder) ? file : nil }
    let isIndex = SafetensorsCheckpoint.isIndex(file.path) && file.bytes.count > 0
    return isIndex || SafetensorsCheckpoint.recognises(file.bytes) ? file : nil
  }

  /// Reads one file, all shards of an index, which are in the same folder, or the slices that ranks
  /// saved in a folder, as one checkpoint.
  ///
  /// The bytes of tensors stay in the mapped files until they are needed. A file of another writer
  /// becomes one ordered dictionary in the order of its header. Its metadata, except for the
  /// `format` of PyTorch, becomes the dictionary's attribute `__metadata__`.
  ///
  /// - Throws: one of this module's codes for each rule of the format; `unsupportedScalarType` for
  ///   elements that PyTorch does not have; for an index `shardIndex`, `shardPath`, `shardMissing`,
  ///   `shardTensorMissing`, `shardTensorUnlisted`.
  public func read(
    _ file: consuming SourceFile, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    if file.isFolder { return try SlicedFolder.read(file.folder) }
    guard SafetensorsCheckpoint.isIndex(file.path) else {
      return try SafetensorsCheckpoint.read(file.bytes, options: options)
    }
    let path = file.path
    do throws(CheckpointError) {
      return try SafetensorsCheckpoint.read(index: file)
    } catch {
      throw error.with(path: path)
    }
  }

  /// Writes every value of the checkpoint. Tied tensors are written once, under the first name.
  ///
  /// With `shardByteCount`, several files `name-00001-of-00002.safetensors` and an index
  /// `name.safetensors.index.json` are written instead of `path`, unless one file suffices.
  ///
  /// - Returns: the omitted tensors of types that the format does not have, if losses are allowed.
  public func write(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    try SafetensorsCheckpoint.write(checkpoint, to: path, options: options, in: &files)
  }
}
