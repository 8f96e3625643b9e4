public import DBNTensors

extension CheckpointFormat {
  /// Writes the checkpoint, all or nothing: an error leaves no new file, and an existing file
  /// unchanged. The same checkpoint gives the same bytes.
  ///
  /// An existing file of the name is replaced only if the options allow it.
  ///
  /// - Returns: the values that the format could not hold and that were omitted, if the options
  ///   allow that.
  /// - Throws: `cannotBeWritten` for values that the format can't hold, and for options that it
  ///   does not support; `fileExists` for a file that must not be replaced; `checksumMismatch` if
  ///   the bytes of a source are damaged; `system` if the disk is full.
  @discardableResult
  public func write(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions = WritingOptions()
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    try StagedFiles.committing(besides: path) { files throws(CheckpointError) in
      try stage(checkpoint, to: path, options: options, in: &files)
    }
  }

  /// Writes the files as `write` does, without giving them their names yet. One file takes the place
  /// of an index of its name and of the shards.
  package func stage(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    do throws(CheckpointError) {
      try writing?.check(options, format: name)
      let index = ShardIndex.usualPath(for: path)
      if StagedFiles.isThere(index) { try options.existing.check(index) }
      let leftOut = try write(checkpoint, to: path, options: options, in: &files)
      if !files.contents.contains(where: { $0.path == index }) {
        try files.removeSet(ofIndex: index, existing: options.existing)
      }
      return leftOut
    } catch {
      throw error.with(path: path)
    }
  }
}

extension StagedFiles {
  /// Writes one file of a checkpoint: `body` puts the bytes into a file that has no name yet, which
  /// is then passed to the options' proof, if any, and synced.
  ///
  /// - Parameters:
  ///   - path: the name that the file takes once all files of the checkpoint are complete.
  ///   - body: gets the destination, which is valid only until it returns. Every byte is reported
  ///     to the options' progress.
  /// - Throws: `fileExists`, `outputIsInput`, `notARegularFile` and `readOnly` before `body` is called; or the
  ///   error of `body`, and then nothing is left of the file.
  public mutating func write<Result>(
    _ path: String, options: WritingOptions,
    _ body: (FileDestination) throws(CheckpointError) -> Result
  ) throws(CheckpointError) -> Result {
    let file = try makeFile(path, existing: options.existing, progress: options.progress)
    let result = try body(file.destination)
    try add(file, provenBy: options.proof)
    return result
  }
}
