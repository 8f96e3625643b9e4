/// Options for writing a checkpoint.
public struct WritingOptions: Sendable {
  /// How the bytes of tensors are compressed.
  public enum Compression: Sendable, Hashable {
    /// Deflate after a byte shuffle; levels 1 to 9.
    case gzip(level: Int)
  }

  /// What happens to existing files of the same names.
  public var existing: ExistingFiles
  /// Whether values that the format can't hold are omitted and reported. If not, they are an error.
  public var allowsLosses: Bool
  /// nil: not compressed. A format that can't compress refuses any other value.
  public var compression: Compression?
  /// The most bytes of tensors in one file; nil: one file for all. A format without shards refuses
  /// any other value.
  public var shardByteCount: Int?

  /// Called with a path by which the finished file can be read, before it gets its name: if it
  /// throws, no file is written and an existing one stays. Shards have no such path, so writing
  /// shards with a proof is refused.
  public var proof: Proof?

  /// See `StagedFiles.Proof`.
  public typealias Proof = StagedFiles.Proof

  /// Called during writing with the number of bytes just written, from any thread.
  public var progress: (@Sendable (Int) -> Void)?

  /// Options; by default one complete, uncompressed file that replaces nothing.
  public init(
    existing: ExistingFiles = .refuse, allowsLosses: Bool = false, compression: Compression? = nil,
    shardByteCount: Int? = nil, proof: Proof? = nil, progress: (@Sendable (Int) -> Void)? = nil
  ) {
    self.existing = existing
    self.allowsLosses = allowsLosses
    self.compression = compression
    self.shardByteCount = shardByteCount
    self.proof = proof
    self.progress = progress
  }
}
