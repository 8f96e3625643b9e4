package import DBNErrors

extension Guidance {
  /// Whether the text, with Swift's names for choices, contains this.
  package func contains(_ text: String) -> Bool { description.contains(text) }

  package func hasPrefix(_ text: String) -> Bool { description.hasPrefix(text) }
}
