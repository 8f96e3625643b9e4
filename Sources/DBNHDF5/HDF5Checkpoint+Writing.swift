internal import DBNCheckpointFormats
internal import DBNTensors

extension HDF5Checkpoint {
  /// Writes the checkpoint as a single file.
  static func write(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) {
    var writer =
      if let keras = try SchemaWriter(kerasFile: checkpoint, at: path) { keras } else {
        try SchemaWriter(checkpoint)
      }
    let hasChecksums = writer.hasChecksums
    var level: Int?
    if case .gzip(let asked)? = options.compression { level = asked }
    if let level { writer.compress(level: level) }
    var plan: SchemaWriter? = consume writer
    try files.write(path, options: options) { file throws(CheckpointError) in
      // Taken out of the optional, because captured values can't be consumed.
      guard let taken = plan.take() else { return }
      var text = try write(consume taken, level: level, options.progress, to: file)
      // After the bytes, so that one pass computes their checksums and copies them; and after the
      // plan is released, because the library needs several times the memory of the text.
      FreedMemory.release()
      guard hasChecksums else { return }
      try CatalogWriter.add(Schema.Attribute.checksums, taking: &text, at: file.libraryPath)
    }
  }

  /// - Returns: the text for the attribute `checksums`.
  private static func write(
    _ plan: consuming SchemaWriter, level: Int?, _ progress: (@Sendable (Int) -> Void)?,
    to file: FileDestination
  ) throws(CheckpointError) -> String {
    try plan.create(at: file.libraryPath)
    var checksums = try writeBytes(of: plan, to: file)
    if let level {
      let compressed = try CompressedWriter.write(
        plan, level: level, at: file.libraryPath, progress: progress)
      for (dataset, checksum) in compressed { checksums[dataset] = checksum }
    }
    // After many small tensors some pages of their source file are still in memory.
    if let last = plan.tensors.last { plan.contents[last].releaseFile() }
    return plan.text(ofChecksums: checksums)
  }

  /// Writes the bytes of datasets at their offsets, on all cores, and returns the checksum of each.
  /// Chunked datasets are left to `CompressedWriter`.
  private static func writeBytes(
    of plan: SchemaWriter, to destination: FileDestination
  ) throws(CheckpointError) -> [UInt32] {
    let budget = MemoryBudget.current
    return try concurrentMap(plan.contents.count) { index throws(CheckpointError) in
      let dataset = plan.catalog.datasets[index]
      do throws(CheckpointError) {
        switch dataset.extent {
        case .chunked: return 0
        case .contiguous(let offset, _):
          return try plan.contents[index].write(to: destination, at: offset, within: budget)
        // There are no bytes to write, but the checksum is stored like any other.
        default: return try plan.contents[index].write(to: destination, at: 0, within: budget)
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
    to destination: FileDestination, at offset: Int, within budget: MemoryBudget
  ) throws(CheckpointError) -> UInt32 {
    try crc32(pieces: 1 << 20, within: budget) { start, bytes throws(CheckpointError) in
      try destination.write(bytes, at: offset + start)
    }
  }
}
