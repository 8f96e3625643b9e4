public import Tensors

extension HDF5Checkpoint {
  /// Writes every value of the checkpoint by the schema. The same checkpoint gives the same bytes.
  ///
  /// The file appears complete or not at all; one that was there stays as it was on any error.
  ///
  /// - Returns: what was left out; the schema has a place for everything.
  /// - Throws: `cannotBeWritten` for what the schema has no place for; `checksumMismatch` when the
  ///   bytes of a source are damaged; `system` when the disk is full.
  @discardableResult
  public static func write(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions = WritingOptions()
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    guard options.compression == nil, options.shardByteCount == nil else {
      throw CheckpointError(
        .cannotBeWritten, path: path, "HDF5 files are not written compressed or in shards yet")
    }
    do throws(CheckpointError) {
      let plan = try SchemaWriter(checkpoint)
      let file = try AtomicFile(replacing: path)
      let offsets = try CatalogWriter.create(plan.catalog, at: file.libraryPath)
      let checksums = try writeBytes(of: plan, at: offsets, to: file)
      // After the bytes, so that one pass over them computes the checksums and copies them.
      let text = JSON.object(plan.tensors.map { checksums[$0] }).text()
      try CatalogWriter.add(
        Catalog.Attribute(Schema.Attribute.checksums, .string(text)), at: file.libraryPath)
      try file.commit()
      return []
    } catch {
      throw error.with(path: path)
    }
  }

  /// Puts the bytes of all datasets at their offsets, on all cores, and returns the member of
  /// `checksums` for each.
  private static func writeBytes(
    of plan: SchemaWriter, at offsets: [Int?], to file: borrowing AtomicFile
  ) throws(CheckpointError) -> [JSON.Member] {
    let destination = file.destination
    return try concurrentMap(offsets.count) { index throws(CheckpointError) in
      let name = plan.catalog.datasets[index].path
      do throws(CheckpointError) {
        let checksum = try plan.contents[index].write(to: destination, at: offsets[index] ?? 0)
        return JSON.Member(name, .string(checksum.hexadecimal))
      } catch {
        throw error.with(name: name)
      }
    }
  }
}

extension TensorStorage {
  /// Copies the bytes and returns their CRC-32; both in pieces that stay in the processor's cache.
  fileprivate func write(
    to destination: FileDestination, at offset: Int
  ) throws(CheckpointError) -> UInt32 {
    try forEachPiece(of: 1 << 20) { start, bytes throws(CheckpointError) in
      try destination.write(bytes, at: offset + start)
    }
  }
}
