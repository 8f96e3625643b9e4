extension CheckpointDictionary {
  /// A key: a string, an integer, or rarely another value that Python can hash. Strings are compared
  /// byte by byte as Python does: two spellings of "é" are two keys, although they are equal as
  /// Swift strings.
  public enum Key: Sendable, Hashable, CustomStringConvertible {
    case string(String)
    case int(Int)
    /// A tuple, None, a boolean, a float, a type and the like.
    indirect case other(KeyValue)

    /// - Returns: nil for a value that can't be a key: a container other than a tuple, a tensor, an
    ///   opaque value.
    public init?(_ value: CheckpointValue) {
      switch value {
      case .string(let text): self = .string(text)
      case .int(let number): self = .int(number)
      default:
        guard let key = KeyValue(value) else { return nil }
        self = .other(key)
      }
    }

    /// Whether both are the same integer, strings of the same bytes, or the same other value.
    public static func == (left: Key, right: Key) -> Bool {
      switch (left, right) {
      case (.string(let left), .string(let right)): left.isIdentical(to: right)
      case (.int(let left), .int(let right)): left == right
      case (.other(let left), .other(let right)): left.json.isIdentical(to: right.json)
      default: false
      }
    }

    /// Hashes the integer, or the bytes of the string.
    public func hash(into hasher: inout Hasher) {
      switch self {
      case .int(let number): hasher.combine(number)
      case .string(let text): Self.hash(text, into: &hasher)
      case .other(let key): Self.hash(key.json, into: &hasher)
      }
    }

    private static func hash(_ text: String, into hasher: inout Hasher) {
      var text = text
      text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// The text of the key: digits for an integer, `(0, 1)` for a tuple.
    public var description: String {
      switch self {
      case .string(let text): text
      case .int(let number): "\(number)"
      case .other(let key): key.value.keyText
      }
    }

    /// The text of a string key; nil for any other.
    public var string: String? {
      guard case .string(let text) = self else { return nil }
      return text
    }

    /// The key as a value.
    public var value: CheckpointValue {
      switch self {
      case .string(let text): .string(text)
      case .int(let number): .int(number)
      case .other(let key): key.value
      }
    }
  }

  /// A key that is neither a string nor an integer.
  public struct KeyValue: Sendable {
    /// The value.
    public let value: CheckpointValue
    /// The value as tagged JSON, by which keys are compared and which formats store.
    package let json: String

    fileprivate init?(_ value: CheckpointValue) {
      guard value.canBeKey(depth: 0) else { return nil }
      var text = JSONWriter()
      do throws(CheckpointError) {
        try TaggedJSON.ofKeys.write(value, to: &text) { "" }
      } catch {
        return nil
      }
      self.value = value
      json = text.text
    }
  }
}

extension TaggedJSON {
  /// For keys, which hold no tensors.
  private static let noKey: @Sendable (String) -> CheckpointError = { name in
    CheckpointError(.invalidJSON, name: name, "is no key of a mapping")
  }

  fileprivate static var ofKeys: TaggedJSON {
    TaggedJSON(
      json: { _, name throws(CheckpointError) in throw noKey(name) },
      tensor: { _, name throws(CheckpointError) in throw noKey(name) }, invalid: noKey)
  }

  /// The key that this JSON stands for; nil if it is not that of a key.
  package static func key(parsing json: String) -> CheckpointDictionary.Key? {
    var parser = JSONParser(ByteRegion(Array(json.utf8)))
    guard case .success(let value)? = try? ofKeys.parseValue(&parser, name: ""),
      (try? parser.expectEnd()) != nil
    else { return nil }
    return CheckpointDictionary.Key(value)
  }
}

extension CheckpointValue {
  /// How deep tuples in a key may be.
  private static let keyDepth = 8

  fileprivate func canBeKey(depth: Int) -> Bool {
    switch self {
    case .tuple(let elements):
      depth < Self.keyDepth && elements.allSatisfy { $0.canBeKey(depth: depth + 1) }
    case .list, .set, .dictionary, .byteArray, .tensor, .opaque: false
    default: true
    }
  }

  /// The value in a path: as Python prints it, on one line.
  fileprivate var keyText: String {
    switch self {
    case .tuple(let elements):
      "(" + elements.map(\.keyText).joined(separator: ", ") + (elements.count == 1 ? ",)" : ")")
    default: scalarText
    }
  }
}
