public import DBNTensors

/// A file format for checkpoints: how it is recognised, read and written.
///
/// Custom formats conform to it, and are passed to `Checkpoint.open` and `Checkpoint.write` in a
/// registry. docs/formats.md has an example; the product `CheckpointFormatContract` has the tests
/// that every format must pass.
public protocol CheckpointFormat: Sendable {
  /// A recognised file, with everything that was parsed to recognise it.
  associatedtype Probed

  /// The name in reports and JSON.
  var name: String { get }

  /// The extensions that select this format for writing, without the dot, the most usual first.
  var extensions: [String] { get }

  /// The options that the writer supports; nil if this format can only be read.
  var writing: WritingSupport? { get }

  /// Checks by its content whether a file is of this format.
  ///
  /// It reads no more than it needs, and passes what it parsed to `read`. A damaged file of this
  /// format is recognised too: `read` then reports what is wrong.
  ///
  /// - Returns: nil if the file is of another format.
  func probe(_ file: SourceFile) -> Probed?

  /// Reads the checkpoint of a file that `probe` recognised. The bytes of tensors can stay in the
  /// file until they are needed.
  ///
  /// - Throws: an error that says what is wrong with the file. Its path is added to errors that
  ///   have none.
  func read(
    _ probed: consuming Probed, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint

  /// The file to open for the checkpoint in a folder; nil if the folder has none of this format.
  ///
  /// - Throws: an error if it is ambiguous which file is meant.
  func entryPoint(in folder: SourceFolder) throws(CheckpointError) -> SourceFile?

  /// The other files of the checkpoint at a path, such as the shards of an index. Files that can't
  /// be read are skipped.
  func companions(of path: String) -> [String]

  /// The files besides `path` that writing to it creates, as far as they are known before the
  /// checkpoint is.
  func furtherOutputs(of path: String, options: WritingOptions) -> [String]

  /// Writes the files of a checkpoint with `files.write(_:options:_:)`, without giving them their
  /// names yet.
  ///
  /// It is only called with options that `writing` supports. The path is added to errors that have
  /// none.
  ///
  /// - Returns: the values that the format can't hold and that were omitted, if the options allow
  ///   that.
  /// - Throws: `cannotBeWritten` for such values, if they don't.
  func write(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionReport.Item]
}

extension CheckpointFormat {
  /// None: files are recognised by their content alone.
  public var extensions: [String] { [] }

  /// nil: the format can only be read.
  public var writing: WritingSupport? { nil }

  /// nil: no folder is a checkpoint of this format.
  public func entryPoint(in folder: SourceFolder) throws(CheckpointError) -> SourceFile? { nil }

  /// None: a checkpoint is a single file.
  public func companions(of path: String) -> [String] { [] }

  /// None: one file is written.
  public func furtherOutputs(of path: String, options: WritingOptions) -> [String] { [] }

  /// Always throws: the format can only be read.
  public func write(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    throw CheckpointError(.unknownFormat, path: path, "files of this format cannot be written")
  }

  /// Whether checkpoints can be written in this format.
  public var isWritable: Bool { writing != nil }
}

extension CheckpointError.Code {
  /// The file is of no known format, or its name does not indicate which format to write.
  public static let unknownFormat = Self("unknown-format")
}
