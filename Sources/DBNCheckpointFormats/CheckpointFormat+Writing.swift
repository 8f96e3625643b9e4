public import DBNTensors

extension CheckpointFormat {
  /// Writes the checkpoint, all or nothing: an error leaves no file, or the old one untouched. The
  /// same checkpoint gives the same bytes.
  ///
  /// A file that already has the name is replaced only where the options say so.
  ///
  /// - Returns: what the format could not hold and was left out, if the options allow that.
  /// - Throws: `cannotBeWritten` for what the format can't hold, and for options that it does not
  ///   honour; `fileExists` for a file that is not to be replaced; `checksumMismatch` when the bytes
  ///   of a source are damaged; `system` when the disk is full.
  @discardableResult
  public func write(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions = WritingOptions()
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    try StagedFiles.committing { files throws(CheckpointError) in
      try stage(checkpoint, to: path, options: options, in: &files)
    }
  }

  /// Writes the files as `write` does, without giving them their names yet.
  package func stage(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    do throws(CheckpointError) {
      try writing?.check(options, format: name)
      return try write(checkpoint, to: path, options: options, in: &files)
    } catch {
      throw error.with(path: path)
    }
  }
}

extension StagedFiles {
  /// Writes one file of a checkpoint: `body` puts the bytes into a file that has no name yet, which is
  /// then proven, if the options have a proof, and synced.
  ///
  /// - Parameters:
  ///   - path: the name that the file takes once all files of the checkpoint are complete.
  ///   - body: gets where to write, which is to be used only until it returns. The options' progress
  ///     is told of every byte.
  /// - Throws: `fileExists`, `outputIsInput` and `notARegularFile` before `body` is called; what it
  ///   throws, and then nothing is left of the file.
  public mutating func write<Result>(
    _ path: String, options: WritingOptions,
    _ body: (FileDestination) throws(CheckpointError) -> Result
  ) throws(CheckpointError) -> Result {
    let file = try AtomicFile(path, existing: options.existing, progress: options.progress)
    let result = try body(file.destination)
    try add(file, provenBy: options.proof)
    return result
  }
}
