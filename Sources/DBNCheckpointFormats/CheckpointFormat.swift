public import DBNTensors

/// A kind of file that checkpoints are kept in: how it is recognised, read and written.
///
/// A format of a user's own conforms, and is given to `Checkpoint.open` and `Checkpoint.write` in a
/// registry. docs/formats.md has an example; the product `CheckpointFormatContract` has the tests
/// that every format must pass.
public protocol CheckpointFormat: Sendable {
  /// A file that was recognised, with all that had to be parsed for it.
  associatedtype Probed

  /// The name in reports and JSON.
  var name: String { get }

  /// The extensions that mean this format when writing, without the dot, the usual one first.
  var extensions: [String] { get }

  /// What can be asked of the writer; nil if checkpoints are only read in this format.
  var writing: WritingSupport? { get }

  /// Looks whether a file is of this format, by its content.
  ///
  /// It reads no more than it needs to, and hands what it parsed to `read`. A file of this format
  /// that is damaged is recognised: saying what is wrong with it is left to `read`.
  ///
  /// - Returns: nil if the file is of another format.
  func probe(_ file: SourceFile) -> Probed?

  /// Reads the checkpoint of a file that `probe` recognised. The bytes of tensors can stay in the
  /// file until they are asked for.
  ///
  /// - Throws: what is wrong with the file. Its path is added to errors that have none.
  func read(
    _ probed: consuming Probed, options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint

  /// The file that stands for the checkpoint in a folder; nil if the folder has none of this format.
  ///
  /// - Throws: what leaves open which file is meant.
  func entryPoint(in folder: SourceFolder) throws(CheckpointError) -> SourceFile?

  /// The other files that the checkpoint at a path lies in, such as the shards of an index. What
  /// can't be read is passed over.
  func companions(of path: String) -> [String]

  /// The files besides `path` that writing to it makes, as far as that is known before the checkpoint
  /// is.
  func furtherOutputs(of path: String, options: WritingOptions) -> [String]

  /// Writes the files of a checkpoint with `files.write(_:options:_:)`, without giving them their
  /// names yet.
  ///
  /// It is only called with options that `writing` says are honoured. The path is added to errors
  /// that have none.
  ///
  /// - Returns: what the format can't hold and was left out, if the options allow that.
  /// - Throws: `cannotBeWritten` for it, if they don't.
  func write(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionReport.Item]
}

extension CheckpointFormat {
  /// None: files are told by their content alone.
  public var extensions: [String] { [] }

  /// nil: the format is only read.
  public var writing: WritingSupport? { nil }

  /// nil: no folder is a checkpoint of this format.
  public func entryPoint(in folder: SourceFolder) throws(CheckpointError) -> SourceFile? { nil }

  /// None: a file stands alone.
  public func companions(of path: String) -> [String] { [] }

  /// None: one file is written.
  public func furtherOutputs(of path: String, options: WritingOptions) -> [String] { [] }

  /// Refuses, as a format that is only read must.
  public func write(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    throw CheckpointError(.unknownFormat, path: path, "this format cannot be written yet")
  }

  /// Whether checkpoints can be written in it.
  public var isWritable: Bool { writing != nil }
}

extension CheckpointError.Code {
  /// The file is of no known format, or its name does not say which to write.
  public static let unknownFormat = Self("unknown-format")
}
