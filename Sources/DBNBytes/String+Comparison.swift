extension String {
  /// Whether the two have the same UTF-8; `==` compares canonical equivalence instead.
  package func isIdentical(to other: String) -> Bool {
    utf8.span.bytes.hasEqualBytes(to: other.utf8.span.bytes)
  }
}
