public import Tensors

/// Checkpoints in HDF5: files of this toolkit's schema (docs/hdf5-schema.md), which hold every
/// value a checkpoint can, and the numeric datasets of any other HDF5 file.
public enum HDF5Checkpoint {
  /// Whether the file starts with HDF5's signature, or has it at 512, 1024, 2048, ... behind a user
  /// block.
  ///
  /// Source: HDF5 File Format Specification, section II.A.
  public static func recognises(_ file: ByteRegion) -> Bool {
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    var offset = 0
    while let start = try? file.slice(from: offset, count: signature.count) {
      if start.array == signature { return true }
      offset = offset == 0 ? 512 : offset * 2
    }
    return false
  }

  /// Reads what is in the file; the bytes of tensors stay in the file, mapped, until asked for.
  ///
  /// A file without the schema becomes one flat ordered dictionary: the names of nested groups are
  /// joined with dots.
  ///
  /// - Throws: `notHDF5`; one of this module's codes when the file is damaged, reaches outside
  ///   itself or holds what no checkpoint can.
  public static func read(_ path: String) throws(CheckpointError) -> Checkpoint {
    let file = try MappedFile.open(path)
    guard recognises(file) else {
      throw CheckpointError(.notHDF5, path: path, "is not an HDF5 file")
    }
    do throws(CheckpointError) {
      let catalog = try CatalogReader.read(path, byteCount: file.count)
      try catalog.validate(fileByteCount: file.count)
      return try SchemaReader.describes(catalog)
        ? SchemaReader.read(catalog, file) : PlainReader.read(catalog, file)
    } catch {
      throw error.with(path: path)
    }
  }
}
