/// A Python mapping: entries in order, keys unique.
public struct CheckpointDictionary: Sendable {
  /// What Python calls the mapping.
  public enum Kind: String, Sendable {
    case dict
    case orderedDict = "OrderedDict"
    case counter = "Counter"
  }

  /// A key and its value.
  public struct Entry: Sendable {
    /// The key.
    public let key: Key
    /// The value of the key.
    public var value: CheckpointValue
  }

  /// The kind of mapping.
  public var kind: Kind
  /// All entries in their order.
  public private(set) var entries: [Entry] = []
  /// The instance's own attributes, such as the `_metadata` of a state dict.
  public var attributes: [(name: String, value: CheckpointValue)] = []
  private var index = HashIndex()

  /// A mapping without entries.
  public init(_ kind: Kind = .dict) {
    self.kind = kind
  }

  /// The value of a key; nil if there is none.
  public subscript(key: Key) -> CheckpointValue? {
    position(of: key).map { entries[$0].value }
  }

  /// The value of a string key; nil if there is none.
  public subscript(name: String) -> CheckpointValue? { self[.string(name)] }

  /// Whether there is a value for the key.
  public func contains(_ key: Key) -> Bool { position(of: key) != nil }

  private func position(of key: Key) -> Int? {
    index.index(hash: key.hashValue) { entries[$0].key == key }
  }

  /// Sets the value of a key, which keeps its position or is appended: Python's assignment.
  public mutating func set(_ key: Key, to value: CheckpointValue) {
    let known = index.insertIfAbsent(
      hash: key.hashValue, where: { entries[$0].key == key },
      hashOf: { entries[$0].key.hashValue })
    if let known {
      entries[known].value = value
    } else {
      entries.append(Entry(key: key, value: value))
    }
  }

  /// Removes the key and its value, if it is there: Python's `pop(key, None)`.
  public mutating func remove(_ key: Key) {
    guard contains(key) else { return }
    rebuild(from: entries.filter { $0.key != key })
  }

  /// Gives a value another key, in the same position. The new key must not be in use.
  package mutating func rename(_ key: Key, to newKey: Key) {
    rebuild(from: entries.map { $0.key == key ? Entry(key: newKey, value: $0.value) : $0 })
  }

  private mutating func rebuild(from entries: [Entry]) {
    var result = CheckpointDictionary(kind)
    result.attributes = attributes
    result.reserveCapacity(entries.count)
    for entry in entries { result.set(entry.key, to: entry.value) }
    self = result
  }

  /// Reserves memory for `count` entries.
  package mutating func reserveCapacity(_ count: Int) {
    entries.reserveCapacity(count)
    index.reserveCapacity(count) { entries[$0].key.hashValue }
  }
}
