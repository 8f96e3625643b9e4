extension JSON {
  /// The deepest nesting of arrays and objects that is accepted; the parser recurses this far at
  /// most. Enough for a checkpoint's tree, each level of which takes up to three in tagged JSON.
  public static let depthLimit = 640

  /// Parses one document by RFC 8259, strictly: no trailing text, no duplicate keys, integers that
  /// fit 64 bits.
  public init(parsing bytes: ByteRegion) throws(CheckpointError) {
    var parser = JSONParser(bytes)
    self = try parser.parseDocument()
  }

  /// The same, except that integers beyond 64 bits become floats: for documents of other tools,
  /// which have no such limit.
  package init(roundingLargeIntegersOf text: String) throws(CheckpointError) {
    var parser = JSONParser(ByteRegion(Array(text.utf8)), roundsLargeIntegers: true)
    self = try parser.parseDocument()
  }

  /// Parses the text of one document, by the same rules.
  public init(parsing text: String) throws(CheckpointError) {
    try self.init(parsing: ByteRegion(Array(text.utf8)))
  }
}
