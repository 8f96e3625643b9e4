/// The path of a value in a checkpoint's tree: the keys from the root, `state/model`.
///
/// As text the keys are joined by slashes, with `/` and `%` inside a key written `%2F` and `%25`.
/// The root's path is empty.
public struct EntryPath: Sendable, Hashable, CustomStringConvertible {
  /// The keys from the root; empty for the root itself.
  public var keys: [CheckpointDictionary.Key]

  /// The path of these keys.
  public init(_ keys: [CheckpointDictionary.Key] = []) {
    self.keys = keys
  }

  /// Parses the form of `description`; all keys become strings.
  public init(_ text: String) {
    keys = text.split(separator: "/").map { key in
      .string(String(key).replacing("%2F", with: "/").replacing("%25", with: "%"))
    }
  }

  /// The keys joined by slashes.
  public var description: String {
    keys.map { $0.description.replacing("%", with: "%25").replacing("/", with: "%2F") }
      .joined(separator: "/")
  }

  /// The path of an entry in the mapping at this path.
  public func appending(_ key: CheckpointDictionary.Key) -> EntryPath {
    EntryPath(keys + [key])
  }
}
