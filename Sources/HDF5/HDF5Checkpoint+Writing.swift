public import Tensors

extension HDF5Checkpoint {
  /// Writes every value of the checkpoint by the schema. The same checkpoint gives the same bytes.
  ///
  /// The file appears complete or not at all; one that was there stays as it was on any error, and is
  /// replaced only where the options say so.
  ///
  /// - Returns: what was left out; the schema has a place for everything.
  /// - Throws: `cannotBeWritten` for what the schema has no place for; `fileExists` for a file that is
  ///   not to be replaced; `checksumMismatch` when the bytes of a source are damaged; `system` when
  ///   the disk is full.
  @discardableResult
  public static func write(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions = WritingOptions()
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    try StagedFiles.committing { files throws(CheckpointError) in
      try stage(checkpoint, to: path, options: options, in: &files)
    }
  }

  /// Writes the file as `write` does, without giving it its name yet.
  package static func stage(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    do throws(CheckpointError) {
      let level = try level(of: options)
      var plan = try SchemaWriter(checkpoint)
      if let level { plan.compress(level: level) }
      let file = try AtomicFile(path, existing: options.existing, progress: options.progress)
      var text = try write(consume plan, level: level, options.progress, to: file)
      // After the bytes, so that one pass over them computes the checksums and copies them; and after
      // the plan is gone: the library needs several times the memory of the text.
      FreedMemory.release()
      try CatalogWriter.add(Schema.Attribute.checksums, taking: &text, at: file.libraryPath)
      try files.add(file, provenBy: options.proof)
      return []
    } catch {
      throw error.with(path: path)
    }
  }

  /// The level of compression that is asked for; nil for none.
  private static func level(of options: WritingOptions) throws(CheckpointError) -> Int? {
    guard options.shardByteCount == nil else {
      throw CheckpointError(
        .cannotBeWritten, "HDF5 files are not written in shards", advice: "leave out the shard size"
      )
    }
    guard case .gzip(let level)? = options.compression else { return nil }
    guard 1...9 ~= level else {
      throw CheckpointError(
        .cannotBeWritten, "gzip has no level \(level)", advice: "choose one of 1 to 9")
    }
    return level
  }

  /// - Returns: the text of the attribute `checksums`.
  private static func write(
    _ plan: consuming SchemaWriter, level: Int?, _ progress: (@Sendable (Int) -> Void)?,
    to file: borrowing AtomicFile
  ) throws(CheckpointError) -> String {
    try plan.create(at: file.libraryPath)
    var checksums = try writeBytes(of: plan, to: file)
    if let level {
      let compressed = try CompressedWriter.write(
        plan, level: level, at: file.libraryPath, progress: progress)
      for (place, checksum) in compressed { checksums[place] = checksum }
    }
    // Read as they are, many small tensors leave some pages of their file.
    if let last = plan.tensors.last { plan.contents[last].releaseFile() }
    return plan.text(ofChecksums: checksums)
  }

  /// Puts the bytes of datasets at their offsets, on all cores, and returns the checksum of each.
  /// Those whose bytes come in chunks are passed over.
  private static func writeBytes(
    of plan: SchemaWriter, to file: borrowing AtomicFile
  ) throws(CheckpointError) -> [UInt32] {
    let destination = file.destination
    return try concurrentMap(plan.contents.count) { index throws(CheckpointError) in
      let dataset = plan.catalog.datasets[index]
      do throws(CheckpointError) {
        switch dataset.extent {
        case .chunked: return 0
        case .contiguous(let offset, _):
          return try plan.contents[index].write(to: destination, at: offset)
        // No bytes, but a checksum of them.
        default: return try plan.contents[index].write(to: destination, at: 0)
        }
      } catch {
        throw error.with(name: dataset.path)
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
