public import DBNTensors

extension CheckpointFormat {
  /// Reads a file of this format; `Checkpoint.open` finds the format itself.
  ///
  /// - Throws: `unknownFormat` for a file of another format; the error in a damaged file.
  public func read(
    _ path: String, options: ReadingOptions = ReadingOptions()
  ) throws(CheckpointError) -> Checkpoint {
    do throws(CheckpointError) {
      let file = try SourceFile(path)
      guard let checkpoint = try readIfRecognised(file, options: options) else {
        throw CheckpointError(
          .unknownFormat, file.bytes.count == 0 ? "is empty" : "is not in the format \(name)"
        )
      }
      return checkpoint
    } catch {
      throw error.with(path: path)
    }
  }

  /// Reads the file, reusing what `probe` parsed; nil if it is of another format.
  package func readIfRecognised(
    _ file: SourceFile, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint? {
    let budget = Budget(byteCount: file.storedByteCount, factor: options.limitFactor)
    let found = try budget.whileReading { () throws(CheckpointError) -> Checkpoint? in
      guard let probed = probe(file) else { return nil }
      // Frees what was parsed as soon as the reader no longer needs it: a file can have very many
      // tensors.
      file.forgetParsed()
      return try read(consume probed, options: options)
    }
    guard var checkpoint = found else { return nil }
    try budget.charge(checkpoint.root)
    checkpoint.path = file.path.isEmpty ? nil : file.path
    checkpoint.format = name
    return checkpoint
  }
}
