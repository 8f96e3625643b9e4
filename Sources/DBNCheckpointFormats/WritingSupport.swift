public import DBNTensors

/// The options that a format's writer supports. Other options are refused before anything is
/// written, for all formats in one place.
public struct WritingSupport: Sendable {
  /// Whether `WritingOptions.compression` is supported.
  public let compression: Bool
  /// Whether `WritingOptions.shardByteCount` is supported.
  public let shards: Bool
  /// The error for unsupported options; nil for a generic error.
  public let refusal: Refusal?

  /// The reason for refusing an option, and what to do about it.
  public struct Refusal: Sendable {
    /// The reason, for the error.
    public let reason: String
    /// What to do instead.
    public let advice: Guidance

    /// A refusal for all unsupported options.
    public init(_ reason: String, advice: Guidance) {
      self.reason = reason
      self.advice = advice
    }
  }

  /// The supported options; by default only plain files.
  public init(compression: Bool = false, shards: Bool = false, refusal: Refusal? = nil) {
    self.compression = compression
    self.shards = shards
    self.refusal = refusal
  }

  /// - Throws: `cannotBeWritten` for an option that is unsupported or meaningless.
  func check(_ options: WritingOptions, format: String) throws(CheckpointError) {
    if options.compression != nil, !compression { throw refused(format, "compressed") }
    if options.shardByteCount != nil, !shards { throw refused(format, "in shards") }
    if let count = options.shardByteCount, count <= 0 {
      throw CheckpointError(.cannotBeWritten, "the shard size must be at least 1 byte")
    }
    guard options.proof == nil || options.shardByteCount == nil else {
      throw CheckpointError(
        .cannotBeWritten, "shards cannot be verified before they have their final names",
        advice: "leave out \(.proof), and verify the folder afterwards")
    }
    if case .gzip(let level)? = options.compression, !(1...9 ~= level) {
      throw CheckpointError(
        .cannotBeWritten, "gzip has no level \(level)", advice: "choose a level from 1 to 9")
    }
  }

  private func refused(_ format: String, _ how: String) -> CheckpointError {
    let refusal =
      refusal
      ?? Refusal("\(format) files cannot be written \(how)", advice: "leave out this option")
    return CheckpointError(.cannotBeWritten, refusal.reason, advice: refusal.advice)
  }
}
