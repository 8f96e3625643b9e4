import DBNTensors

/// What programs are given: the document of `--json`, or a line of results.
///
/// `docs/json` has a schema for each.
struct Document {
  /// It goes up when a member of any document is removed, or changes its type or its meaning.
  static let version = 1

  /// An object: the version, and then the members.
  let json: JSON

  /// - Parameter content: an object.
  init(_ content: JSON) {
    json = .object([.init("version", .int(Self.version))] + (content.members ?? []))
  }
}
