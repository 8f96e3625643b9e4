package import DBNErrors

extension Guidance {
  /// Whether the text, in Swift's words, has this in it.
  package func contains(_ text: String) -> Bool { description.contains(text) }

  package func hasPrefix(_ text: String) -> Bool { description.hasPrefix(text) }
}
