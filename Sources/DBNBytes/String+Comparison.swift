extension String {
  /// Whether the two have the same UTF-8, which `==` does not ask.
  package func isIdentical(to other: String) -> Bool {
    utf8.span.bytes.hasEqualBytes(to: other.utf8.span.bytes)
  }
}
