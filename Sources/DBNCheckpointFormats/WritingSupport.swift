public import DBNTensors

/// What can be asked of a format's writer. What it does not honour is refused before anything is
/// written, for every format in one place.
public struct WritingSupport: Sendable {
  /// Whether `WritingOptions.compression` is honoured.
  public let compression: Bool
  /// Whether `WritingOptions.shardByteCount` is honoured.
  public let shards: Bool
  /// The error for whatever is not honoured; nil: one that says that the format does not have it.
  public let refusal: Refusal?

  /// What can't be done, and what to do about it.
  public struct Refusal: Sendable {
    /// Why, for the error.
    public let reason: String
    /// What to do instead.
    public let advice: Guidance

    /// What to say of everything that is not honoured.
    public init(_ reason: String, advice: Guidance) {
      self.reason = reason
      self.advice = advice
    }
  }

  /// What is honoured; by default nothing beyond plain files.
  public init(compression: Bool = false, shards: Bool = false, refusal: Refusal? = nil) {
    self.compression = compression
    self.shards = shards
    self.refusal = refusal
  }

  /// - Throws: `cannotBeWritten` for an option that is not honoured, or has no meaning.
  func check(_ options: WritingOptions, format: String) throws(CheckpointError) {
    if options.compression != nil, !compression { throw refused(format, "compressed") }
    if options.shardByteCount != nil, !shards { throw refused(format, "in shards") }
    if let count = options.shardByteCount, count <= 0 {
      throw CheckpointError(.cannotBeWritten, "a shard of no bytes can hold no tensor")
    }
    guard options.proof == nil || options.shardByteCount == nil else {
      throw CheckpointError(
        .cannotBeWritten, "shards cannot be verified before they are in their places",
        advice: "leave out \(.proof), and verify the folder afterwards")
    }
    if case .gzip(let level)? = options.compression, !(1...9 ~= level) {
      throw CheckpointError(
        .cannotBeWritten, "gzip has no level \(level)", advice: "choose one of 1 to 9")
    }
  }

  private func refused(_ format: String, _ how: String) -> CheckpointError {
    let refusal =
      refusal
      ?? Refusal("files of the format \(format) are not written \(how)", advice: "leave that out")
    return CheckpointError(.cannotBeWritten, refusal.reason, advice: refusal.advice)
  }
}
