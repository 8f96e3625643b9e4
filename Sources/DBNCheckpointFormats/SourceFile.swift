public import DBNTensors

/// A file that a checkpoint is read from: opened and mapped once, however many formats examine it.
public final class SourceFile {
  /// The path as the caller gave it; empty for bytes in memory.
  public let path: String
  /// The content. Only the parts that are used are read from disk.
  public let bytes: ByteRegion
  /// The size of the file, which says how much reading it may cost: smaller than that of `bytes` if
  /// these were compressed in it.
  let storedByteCount: Int
  /// Parsed values by their type, which several formats need to recognise the file.
  private var parsed: [ObjectIdentifier: Any] = [:]

  /// Whether it stands for a whole folder, none of whose files is more important than the others.
  /// Then it has no bytes, and `path` ends with a slash.
  public let isFolder: Bool

  /// The folder of the file, for the other files of the checkpoint.
  public private(set) lazy var folder = SourceFolder(ofFile: path)

  /// Opens and maps the file.
  ///
  /// - Throws: `system`, and `notARegularFile` for folders, pipes and devices.
  public init(_ path: String) throws(CheckpointError) {
    self.path = path
    isFolder = false
    bytes = try MappedFile.open(path)
    storedByteCount = bytes.count
    Budget.addFile(bytes.count)
  }

  /// A whole folder, for `CheckpointFormat.entryPoint(in:)`.
  public init(_ folder: SourceFolder) {
    path = folder.prefix
    bytes = ByteRegion([])
    storedByteCount = 0
    isFolder = true
    self.folder = folder
  }

  /// A file whose bytes are in memory.
  ///
  /// - Parameter storedByteCount: how many bytes the file takes, if these were compressed in it.
  public init(_ bytes: ByteRegion, path: String = "", storedByteCount: Int? = nil) {
    self.path = path
    self.bytes = bytes
    self.storedByteCount = storedByteCount ?? bytes.count
    isFolder = false
  }

  /// The result of `parse` for the content, cached by its type until the file is recognised. So
  /// formats that examine the same parts of a file parse them only once.
  public func parsed<Value>(_ parse: (ByteRegion) -> Value) -> Value {
    let key = ObjectIdentifier(Value.self)
    // Two steps, because `Value` may itself be optional, and a missing entry would then cast to it.
    if let known = parsed[key], let value = known as? Value { return value }
    let value = parse(bytes)
    parsed[key] = value
    return value
  }

  /// Drops the parsed values; the probed file keeps those that it needs.
  func forgetParsed() { parsed = [:] }
}
