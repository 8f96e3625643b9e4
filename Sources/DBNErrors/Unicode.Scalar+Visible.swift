extension Unicode.Scalar {
  /// Whether the character shows as itself and does nothing else: not a control character, which can
  /// move a terminal's cursor, not a mark that changes the order of others, and not one that can't be
  /// seen, with which two names look the same.
  package var isVisible: Bool {
    if isASCII { return 0x20..<0x7F ~= value }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: return false
    default: return !properties.isDefaultIgnorableCodePoint
    }
  }

  /// The character, or its number if it is not visible: `\u{1b}`.
  package var visible: String {
    isVisible ? String(self) : "\\u{\(String(value, radix: 16))}"
  }
}

extension String {
  /// The text with everything escaped that is not visible: what a file holds can neither end the line
  /// nor change how the rest of it looks.
  package var onOneLine: String {
    if unicodeScalars.allSatisfy(\.isVisible) { return self }
    var text = ""
    for scalar in unicodeScalars { text += scalar.visible }
    return text
  }

  /// The same for a text that has lines of its own.
  package var onItsLines: String {
    if unicodeScalars.allSatisfy({ $0.isVisible || $0 == "\n" }) { return self }
    var text = ""
    for scalar in unicodeScalars { text += scalar == "\n" ? "\n" : scalar.visible }
    return text
  }
}
