public import Tensors

/// Checkpoints in HDF5: files of this toolkit's schema (docs/hdf5-schema.md), which hold every
/// value a checkpoint can, and the numeric datasets of any other HDF5 file.
public enum HDF5Checkpoint {
  /// Whether the file starts with HDF5's signature, or has it at 512, 1024, 2048, ... behind a user
  /// block.
  ///
  /// Source: HDF5 File Format Specification, section II.A.
  public static func recognises(_ file: ByteRegion) -> Bool {
    Superblock.place(in: file) != nil
  }

  /// Reads what is in the file; the bytes of tensors stay in the file, mapped, until asked for.
  ///
  /// A file without the schema becomes one flat ordered dictionary: the names of nested groups are
  /// joined with dots.
  ///
  /// - Throws: `notHDF5`; one of this module's codes when the file is damaged, reaches outside
  ///   itself or holds what no checkpoint can.
  public static func read(_ path: String) throws(CheckpointError) -> Checkpoint {
    do throws(CheckpointError) {
      return try read(MappedFile.open(path))
    } catch {
      throw error.with(path: path)
    }
  }

  /// Whether the file is one that Keras keeps weights in: `.weights.h5` of Keras 3, or the older
  /// `.h5`. It is read as any HDF5 file, in the order of its layers; `KerasNames` gives its weights
  /// PyTorch's names.
  ///
  /// - Throws: as `read`.
  public static func isKeras(_ path: String) throws(CheckpointError) -> Bool {
    do throws(CheckpointError) {
      return KerasFile(try CatalogParser.read(MappedFile.open(path))).isRecognised
    } catch {
      throw error.with(path: path)
    }
  }

  static func read(_ file: ByteRegion) throws(CheckpointError) -> Checkpoint {
    let catalog = try CatalogParser.read(file)
    try catalog.validate(fileByteCount: file.count)
    var checkpoint =
      try SchemaReader.describes(catalog)
      ? SchemaReader.read(catalog, file) : PlainReader.read(catalog, file)
    if catalog.isUnclosed {
      let reason =
        "the HDF5 file was never closed by the program that wrote it, or is still open there"
      checkpoint.inconsistency = reason
      checkpoint.notes.append(
        "\(reason): values may be older than what was written last, or missing")
    }
    return checkpoint
  }
}
