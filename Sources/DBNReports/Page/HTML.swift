import DBNTensors

/// A piece of HTML, written as a string literal in which every interpolated string is escaped: so
/// text from a file can't become markup.
struct HTML: Sendable, ExpressibleByStringInterpolation {
  let text: String

  init(stringLiteral value: String) { text = value }

  init(stringInterpolation interpolation: StringInterpolation) { text = interpolation.text }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

    mutating func appendLiteral(_ literal: String) { text += literal }

    /// Escaped, in texts and in quoted attributes: markup, and everything that is not visible.
    ///
    /// By Unicode scalars: a quotation mark with a combining accent is one `Character` that is not
    /// equal to a quotation mark, and a browser would end the attribute there.
    mutating func appendInterpolation(_ string: String) {
      for scalar in string.unicodeScalars {
        switch scalar {
        case "<": text += "&lt;"
        case ">": text += "&gt;"
        case "&": text += "&amp;"
        case "\"": text += "&quot;"
        case "'": text += "&#39;"
        default: text += scalar.visible
        }
      }
    }

    mutating func appendInterpolation(_ number: Int) { text += String(number) }

    mutating func appendInterpolation(_ html: HTML) { text += html.text }

    /// One below the other.
    mutating func appendInterpolation(_ lines: [HTML]) {
      text += lines.map(\.text).joined(separator: "\n")
    }

    /// Without anything in between.
    mutating func appendInterpolation(inline parts: [HTML]) {
      text += parts.map(\.text).joined()
    }
  }
}
