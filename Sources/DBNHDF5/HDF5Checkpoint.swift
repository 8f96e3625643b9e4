package import DBNTensors

/// Checkpoints in HDF5: files in this toolkit's schema (docs/hdf5-schema.md), which store every
/// value of a checkpoint, and the numeric datasets of any other HDF5 file.
package enum HDF5Checkpoint {
  /// Whether the file starts with HDF5's signature, or has it at 512, 1024, 2048, ... after a user
  /// block.
  ///
  /// Source: HDF5 File Format Specification, section II.A.
  package static func recognises(_ file: ByteRegion) -> Bool {
    Superblock.offset(in: file) != nil
  }

  /// Reads a checkpoint; the bytes of tensors stay in the mapped file until they are needed.
  ///
  /// A file without the schema becomes one flat ordered dictionary: the names of nested groups are
  /// joined with dots.
  ///
  /// - Throws: `notHDF5`; one of this module's codes when the file is damaged, refers to other
  ///   files or contains something that a checkpoint can't.
  package static func read(_ path: String) throws(CheckpointError) -> Checkpoint {
    do throws(CheckpointError) {
      return try read(MappedFile.open(path))
    } catch {
      throw error.with(path: path)
    }
  }

  static func read(_ file: ByteRegion) throws(CheckpointError) -> Checkpoint {
    try read(HDF5File(file))
  }

  /// Reads the weights of a `.keras` archive: as `.weights.h5`, with the names, classes, order and
  /// epsilon of the configuration that the archive has beside them.
  ///
  /// - Parameters:
  ///   - weights: the bytes of `model.weights.h5`, at an offset of the archive or inflated.
  ///   - configuration: the bytes of `config.json`; nil if the archive has none. If they can't be
  ///     read, a note says so.
  /// - Throws: as `read(_:)`; the caller adds the archive's path.
  package static func readKeras(
    _ weights: ByteRegion, configuration: ByteRegion?
  ) throws(CheckpointError) -> Checkpoint {
    try read(HDF5File(weights), kerasConfiguration: configuration)
  }

  static func read(
    _ hdf5: HDF5File, kerasConfiguration: ByteRegion? = nil, salvages: Bool = false
  ) throws(CheckpointError) -> Checkpoint {
    let file = hdf5.bytes
    var catalog = try salvages ? CatalogParser.read(file, salvages: true) : hdf5.catalog.get()
    try catalog.validate(fileByteCount: file.count)
    var checkpoint =
      try SchemaReader.describes(catalog)
      ? SchemaReader.read(catalog, file)
      : PlainReader.read(catalog, file, kerasConfiguration: kerasConfiguration)
    if catalog.isUnclosed {
      let reason =
        "the HDF5 file was never closed by the program that wrote it, or is still open in it"
      checkpoint.inconsistency = reason
      checkpoint.notes.append(
        "\(reason): values may be older than what was written last, or missing")
    }
    return checkpoint
  }
}
