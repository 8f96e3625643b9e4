/// The error that every function of this toolkit throws: which rule was broken, by what, where, and what
/// to do about it.
///
/// Its description is one sentence for the person who has the file.
public struct CheckpointError: Error, Sendable, Equatable {
  /// The rule that was broken; each module declares its own as static members.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The code as text: `checksum-mismatch`.
    public let description: String

    /// A code with this text, which must be unique.
    public init(_ description: String) {
      self.description = description
    }
  }

  /// Which rule was broken: what a program decides by.
  public var code: Code
  /// The file, where one is involved.
  public var path: String?
  /// The tensor, key, record or dataset at fault.
  public var name: String?
  /// Where in the file, in bytes from its start.
  public var offset: Int?
  /// What is wrong, without the name and the offset.
  public var reason: String
  /// What the person can do about it.
  public var advice: Guidance?

  /// An error about a thing in a file; whoever knows the file or the name adds it with `with`.
  public init(
    _ code: Code, path: String? = nil, name: String? = nil, offset: Int? = nil, _ reason: String,
    advice: Guidance? = nil
  ) {
    self.code = code
    self.path = path
    self.name = name
    self.offset = offset
    self.reason = reason
    self.advice = advice
  }

  /// The same error with the file or the name filled in where it had none.
  public func with(path: String? = nil, name: String? = nil) -> CheckpointError {
    var error = self
    error.path = error.path ?? path
    error.name = error.name ?? name
    return error
  }

  /// The same error with more advice at the end.
  public func advising(_ more: Guidance) -> CheckpointError {
    var error = self
    error.advice = advice.map { $0 + ", " + more } ?? more
    return error
  }
}

extension CheckpointError: CustomStringConvertible {
  /// The error in one sentence, with choices in Swift's words.
  public var description: String { text(naming: \.swiftName) }

  /// The error in one sentence, with each choice under the name that `name` gives it.
  public func text(naming name: (Choice) -> String) -> String {
    var text = ""
    if let path { text += "\(path.visible()): " }
    if let thing = self.name, !thing.isEmpty { text += "'\(thing.visible())': " }
    text += reason.visible(limit: Self.longestPart)
    if let offset { text += " (at byte \(offset))" }
    if let advice { text += "; \(advice.text(naming: name).visible(limit: Self.longestPart))" }
    return text
  }

  /// How many characters of the reason and of the advice are shown: a file can put texts of any length
  /// into them.
  private static let longestPart = 2000
}

extension CheckpointError.Code {
  /// The operating system refused: no such file, no permission, no space.
  public static let system = Self("system")
  /// The path is a folder, a device or something else that is not a regular file.
  public static let notARegularFile = Self("not-a-regular-file")
  /// The bytes end before what they promise.
  public static let truncated = Self("truncated")
  /// A number from the file does not fit its use.
  public static let overflow = Self("overflow")
  /// Bytes do not have the checksum that was recorded for them.
  public static let checksumMismatch = Self("checksum-mismatch")
  /// Text is not valid UTF-8.
  public static let invalidText = Self("invalid-text")
  /// A JSON document breaks the rules of JSON, or ours.
  public static let invalidJSON = Self("invalid-json")
  /// Shape, scalar type and byte count of a tensor do not agree.
  public static let inconsistentTensor = Self("inconsistent-tensor")
  /// A tensor's scalar type can't be used for what was asked.
  public static let unsupportedScalarType = Self("unsupported-scalar-type")
  /// Compressed bytes can't be decompressed.
  public static let invalidCompression = Self("invalid-compression")
  /// The format cannot store a value, or has no such option.
  public static let cannotBeWritten = Self("cannot-be-written")
  /// A file declares more than its size can justify, or nests deeper than any checkpoint does.
  public static let limitExceeded = Self("limit-exceeded")
}

extension String {
  /// The string on one line, fit to print: what is not visible escaped, the middle of a long one
  /// omitted.
  public func visible(limit: Int = 200) -> String {
    // Of a long text only what is shown is looked at.
    guard utf8.count / 8 <= limit else {
      let start = String(UnicodeScalarView(unicodeScalars.prefix(limit))).onOneLine
      let end = String(UnicodeScalarView(unicodeScalars.suffix(limit))).onOneLine
      return "\(start.prefix(limit / 2))…\(end.suffix(limit / 2))"
    }
    let text = onOneLine
    guard text.count > limit else { return text }
    return "\(text.prefix(limit / 2))…\(text.suffix(limit / 2))"
  }
}
