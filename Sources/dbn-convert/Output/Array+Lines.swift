import DBNErrors

extension [String] {
  /// The first lines, and how many others there are.
  ///
  /// - Parameter what: what the lines are, in the plural.
  func listed(atMost limit: Int, _ what: String) -> [String] {
    guard count > limit else { return self }
    return prefix(limit) + ["... and \(count - limit) more \(what) (--json lists all)"]
  }
}
