public import DBNCheckpointFormats
public import DBNTensors

extension Checkpoint {
  /// Reads a checkpoint of any known format, recognised by its content.
  ///
  /// Tensors stay in the mapped file until their bytes are needed. The file is opened, mapped and
  /// parsed once.
  ///
  /// - Parameter formats: the formats to try, such as `.standard + [MyFormat()]`.
  /// - Throws: `unknownFormat`; `partOfModel` for a file that is one part of a model, unless the
  ///   options accept that; or the error in the file; always with its path.
  public static func open(
    _ path: String, formats: FormatRegistry = .standard, options: ReadingOptions = ReadingOptions()
  ) throws(CheckpointError) -> Checkpoint {
    do throws(CheckpointError) {
      defer { FreedMemory.release() }
      return try formats.open(path, options: options)
    } catch {
      throw error.with(path: path)
    }
  }

  func checkingPart(
    _ path: String, _ options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    guard let part = CheckpointPart(path: path, self) else { return notingPartName(path) }
    guard options.acceptsParts else {
      throw CheckpointError(
        .partOfModel, path: path, part.text,
        advice: "\(part.advice), or read this part alone with \(.acceptingParts)")
    }
    var result = self
    result.part = part.reason
    result.notes.append("this file \(part.text); \(part.advice)")
    return result
  }

  /// Adds a note if the file has a part's name and holds only weights, as parts do.
  private func notingPartName(_ path: String) -> Checkpoint {
    guard let entries = root.dictionary?.entries, !entries.isEmpty,
      entries.allSatisfy({ $0.value.tensor != nil }), let note = ShardPart.note(at: path)
    else { return self }
    var result = self
    result.notes.append(note)
    return result
  }

  /// Writes the checkpoint, all or nothing: an error leaves no new file, and an existing file
  /// unchanged.
  ///
  /// An existing file of the name is replaced only if the options allow it.
  ///
  /// - Parameters:
  ///   - format: nil: the format in `formats` with the path's extension.
  /// - Returns: the values that the format could not hold and that were omitted, if the options
  ///   allow that.
  /// - Throws: `fileExists`, before anything is written, or later if such a file appears before the
  ///   new one is complete.
  @discardableResult
  public func write(
    to path: String, as format: (any CheckpointFormat)? = nil,
    formats: FormatRegistry = .standard, options: WritingOptions = WritingOptions()
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    try StagedFiles.committing(besides: path) { files throws(CheckpointError) in
      try stage(to: path, as: format, formats: formats, options: options, in: &files)
    }
  }

  /// Writes the checkpoint as `write` does, without giving the files their names yet.
  package func stage(
    to path: String, as format: (any CheckpointFormat)? = nil,
    formats: FormatRegistry = .standard, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    let format = if let format { format } else { try formats.forWriting(path) }
    // No format can store a value of an unknown class.
    if !options.allowsLosses, let error = errorOfOpaqueValue { throw error }
    if case .opaque(let value) = root {
      throw CheckpointError(
        .cannotBeWritten, path: self.path,
        "is nothing but an object of the class \(value.name), and without it nothing is left",
        advice: "save model.state_dict() in Python")
    }
    let (kept, dropped) = options.allowsLosses ? droppingOpaqueValues() : (self, [])
    return dropped + (try format.stage(kept, to: path, options: options, in: &files))
  }
}
