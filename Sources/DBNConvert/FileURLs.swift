public import DBNCheckpointFormats
public import DBNCheckpoints
public import DBNConversions
public import DBNTensors

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

// Files by their URLs, for programs that hold these: each does what its namesake with a path does, and
// throws `notARegularFile` for a URL that is not a file's.

extension Checkpoint {
  /// Reads the checkpoint in a file or folder, of any known format.
  ///
  /// - Throws: as `open` with a path.
  public static func open(
    _ url: URL, formats: FormatRegistry = .standard, options: ReadingOptions = ReadingOptions()
  ) throws(CheckpointError) -> Checkpoint {
    try open(url.filePath(), formats: formats, options: options)
  }

  /// Writes the checkpoint, all or nothing.
  ///
  /// - Returns: what the format could not store and was left out, if the options allow that.
  /// - Throws: as `write` with a path.
  @discardableResult
  public func write(
    to url: URL, as format: (any CheckpointFormat)? = nil, formats: FormatRegistry = .standard,
    options: WritingOptions = WritingOptions()
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    try write(to: url.filePath(), as: format, formats: formats, options: options)
  }
}

extension Conversion {
  /// Opens a checkpoint of any known format.
  ///
  /// - Throws: as `init` with a path.
  public init(
    opening url: URL, entry: EntryPath? = nil, options: ReadingOptions = ReadingOptions()
  ) throws(CheckpointError) {
    try self.init(opening: url.filePath(), entry: entry, options: options)
  }
}

extension ConversionResult {
  /// Writes the result, all or nothing.
  ///
  /// - Returns: this result with what was left out, and what the proof found.
  /// - Throws: as `write` with a path.
  @discardableResult
  public func write(
    to url: URL, as format: (any CheckpointFormat)? = nil, proof: ConversionProof? = nil,
    options: WritingOptions = WritingOptions()
  ) throws(CheckpointError) -> ConversionResult {
    try write(to: url.filePath(), as: format, proof: proof, options: options)
  }
}

extension URL {
  fileprivate func filePath() throws(CheckpointError) -> String {
    guard isFileURL else {
      throw CheckpointError(
        .notARegularFile, path: absoluteString, "is not the URL of a file",
        advice: "get it to a file first")
    }
    return path(percentEncoded: false)
  }
}
