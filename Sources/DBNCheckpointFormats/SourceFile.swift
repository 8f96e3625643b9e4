public import DBNTensors

/// A file that a checkpoint is read from: opened and mapped once, whoever looks at it.
public final class SourceFile {
  /// As it was named; empty for bytes in memory.
  public let path: String
  /// The content. Only the parts that are read come from the disk.
  public let bytes: ByteRegion
  /// By the type of what was made: what several formats have to know to recognise the file.
  private var parsed: [ObjectIdentifier: Any] = [:]

  /// The folder that the file lies in, for the other files of the checkpoint.
  public private(set) lazy var folder = SourceFolder(ofFile: path)

  /// Opens and maps the file.
  ///
  /// - Throws: `system`, and `notARegularFile` for folders, pipes and devices.
  public init(_ path: String) throws(CheckpointError) {
    self.path = path
    bytes = try MappedFile.open(path)
  }

  /// A file whose bytes are in memory.
  public init(_ bytes: ByteRegion, path: String = "") {
    self.path = path
    self.bytes = bytes
  }

  /// What `parse` makes of the content: the first time it is asked for a type, and from then on the
  /// same, until the file was recognised. So formats that are told apart by the same parts of a file
  /// parse them once.
  public func parsed<Value>(_ parse: (ByteRegion) -> Value) -> Value {
    let key = ObjectIdentifier(Value.self)
    // Apart, since nothing can be cast to an optional value: what was parsed may be one.
    if let known = parsed[key], let value = known as? Value { return value }
    let value = parse(bytes)
    parsed[key] = value
    return value
  }

  /// Lets go of what was parsed, which the probed file keeps as far as it is needed.
  func forgetParsed() { parsed = [:] }
}
