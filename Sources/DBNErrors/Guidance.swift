/// A sentence for a person that names what can be chosen by whoever shows it: a program in Swift's
/// words, the command with its options.
///
/// ```swift
/// let advice: Guidance = "leave it out with \(.allowingLosses)"
/// print(advice)                              // leave it out with 'allowsLosses: true'
/// print(advice.text { $0.nameInMyApp })      // leave it out with the switch "Allow losses"
/// ```
public struct Guidance: Sendable, Hashable {
  fileprivate enum Part: Sendable, Hashable {
    case text(String)
    case choice(Choice)
  }

  /// No two texts follow each other, so that equal sentences are equal however they were put together.
  private var parts: [Part]

  /// Text that mentions no choice.
  public init(_ text: String) {
    parts = [.text(text)]
  }

  /// The choices that the text mentions, in order.
  public var choices: [Choice] {
    parts.compactMap { part in
      guard case .choice(let choice) = part else { return nil }
      return choice
    }
  }

  /// The text, with each choice under the name that `name` gives it.
  public func text(naming name: (Choice) -> String) -> String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .choice(let choice): name(choice)
      }
    }.joined()
  }

  /// Both texts, one after the other.
  public static func + (first: Guidance, second: Guidance) -> Guidance {
    var result = first
    result.parts.append(second.parts)
    return result
  }
}

extension [Guidance.Part] {
  fileprivate mutating func append(_ others: [Guidance.Part]) {
    for part in others {
      if case .text(let more) = part, case .text(let text)? = last {
        self[count - 1] = .text(text + more)
      } else {
        append(part)
      }
    }
  }
}

extension Sequence<Guidance> {
  /// All texts in one, with a separator between them.
  public func joined(separator: Guidance) -> Guidance {
    var joined: Guidance?
    for text in self { joined = joined.map { $0 + separator + text } ?? text }
    return joined ?? ""
  }
}

extension Guidance: CustomStringConvertible {
  /// The text in Swift's words.
  public var description: String { text(naming: \.swiftName) }
}

extension Guidance: ExpressibleByStringInterpolation {
  /// Text that mentions no choice.
  public init(stringLiteral text: String) {
    self.init(text)
  }

  /// Text with values, choices and other texts in it.
  public init(stringInterpolation interpolation: StringInterpolation) {
    parts = interpolation.parts
  }

  /// Collects text and choices in the order in which they are written.
  public struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var parts: [Part] = []

    /// Begins with no text.
    public init(literalCapacity: Int, interpolationCount: Int) {}

    /// Appends text.
    public mutating func appendLiteral(_ literal: String) {
      if !literal.isEmpty { parts.append([.text(literal)]) }
    }

    /// Appends a choice, which is named when the text is shown.
    public mutating func appendInterpolation(_ choice: Choice) {
      parts.append(.choice(choice))
    }

    /// Appends a text with its choices.
    public mutating func appendInterpolation(_ guidance: Guidance) {
      parts.append(guidance.parts)
    }

    /// Appends the description of a value.
    public mutating func appendInterpolation(_ value: some Any) {
      parts.append([.text("\(value)")])
    }
  }
}
