extension JSON {
  /// The deepest nesting of arrays and objects that is read; the parser recurses this far at most.
  /// Values as deep as a checkpoint may hold them take three levels each, as tagged JSON.
  public static let depthLimit = 3 * CheckpointLimits.depth + 40

  /// Parses one document by RFC 8259, strictly: no trailing text, no duplicate keys, integers that
  /// fit 64 bits.
  public init(parsing bytes: ByteRegion) throws(CheckpointError) {
    var parser = JSONParser(bytes)
    self = try parser.parseDocument()
  }

  /// The same, but that integers beyond 64 bits become floats: for documents of others, who have no
  /// such limit.
  package init(roundingLargeIntegersOf text: String) throws(CheckpointError) {
    var parser = JSONParser(ByteRegion(Array(text.utf8)), roundsLargeIntegers: true)
    self = try parser.parseDocument()
  }

  public init(parsing text: String) throws(CheckpointError) {
    try self.init(parsing: ByteRegion(Array(text.utf8)))
  }
}
