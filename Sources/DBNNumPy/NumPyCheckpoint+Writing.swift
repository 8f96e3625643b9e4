internal import DBNCheckpointFormats
internal import DBNTensors
internal import DBNZip

extension NumPyCheckpoint {
  /// Writes an archive, or a single array to a path that ends in `.npy`.
  static func write(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    guard path.lowercased().hasSuffix(arrayExtension) else {
      return try writeArchive(checkpoint, to: path, options: options, in: &files)
    }
    let plan = try NumPyPlan(array: checkpoint, allowsLosses: options.allowsLosses)
    try files.write(path, options: options) { file throws(CheckpointError) in
      for array in plan.arrays {
        try array.content.read(pieces: 1 << 20, within: MemoryBudget.current) {
          start, bytes throws(CheckpointError) in
          try file.write(bytes, at: start)
        }
      }
    }
    return plan.losses
  }

  private static func writeArchive(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    let plan = try NumPyPlan(archive: checkpoint, allowsLosses: options.allowsLosses)
    let arrays = plan.arrays
    try files.write(path, options: options) { file throws(CheckpointError) in
      var archive = ZipWriter(to: file)
      try archive.append(
        ZipWriter.Records(
          count: arrays.count, name: { arrays[$0].name + arrayExtension },
          content: { arrays[$0].content }), title: { arrays[$0].name }, counted: true)
      try archive.finish()
    }
    return plan.losses
  }
}
