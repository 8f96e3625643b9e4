import DBNErrors

/// How much of a list and of a line is printed for people: a file can have names, texts and entries of
/// any length and number. JSON has all.
extension String {
  /// How long a line may be: a shape of 64 dimensions has at most 1300 characters.
  private static let longestLine = 4000

  /// The text with the middle of very long lines left out.
  var withShortLines: String {
    guard utf8.count > Self.longestLine else { return self }
    return split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.utf8.count <= Self.longestLine
        ? String(line) : String(line).visible(limit: Self.longestLine)
    }.joined(separator: "\n")
  }
}

extension [String] {
  /// The first lines, and how many others there are.
  ///
  /// - Parameter what: what the lines are, in the plural.
  func listed(atMost limit: Int, _ what: String) -> [String] {
    guard count > limit else { return self }
    return prefix(limit) + ["... and \(count - limit) more \(what) (--json lists all)"]
  }
}
