/// How a checkpoint is to be written, where a format leaves a choice.
public struct WritingOptions: Sendable {
  /// How tensors' bytes are compressed.
  public enum Compression: Sendable, Hashable {
    /// Deflate after a byte shuffle; levels 1 to 9.
    case gzip(level: Int)
  }

  /// What is done with files that already have the names of those that are written.
  public var existing: ExistingFiles
  /// Whether what the format can't hold is left out and reported. If not, it is an error.
  public var allowsLosses: Bool
  /// nil: not compressed. A format that can't compress refuses any other.
  public var compression: Compression?
  /// The most bytes of tensors in one file; nil: one file for all. A format without shards refuses
  /// any other.
  public var shardByteCount: Int?

  /// Called with a path under which the finished file can be read, before it takes its place: an
  /// error that is thrown leaves no file, or the old one. Shards have no such path, and with it set
  /// refuse to be written.
  public var proof: Proof?

  /// See `StagedFiles.Proof`.
  public typealias Proof = StagedFiles.Proof

  /// Called along the way with the number of bytes that were just written, from any thread.
  public var progress: (@Sendable (Int) -> Void)?

  /// Options; by default one uncompressed file, complete, that replaces nothing.
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
