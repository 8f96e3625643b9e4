import DBNPlatform

/// A choice among names, by patterns: which BatchNorms a conversion changes, which tensors it keeps.
///
/// Patterns are shell patterns (`fnmatch`): `*` matches any text, dots included; `?` one character;
/// `[ab]` one of the listed characters.
public struct NameSelection: Sendable {
  /// Patterns of the names that are chosen; empty for all.
  public var include: [String]
  /// Patterns of the names that are not chosen, even if they match `include`.
  public var exclude: [String]

  /// Chooses the names that match `include` and don't match `exclude`.
  public init(include: [String] = [], exclude: [String] = []) {
    self.include = include
    self.exclude = exclude
  }

  /// Every name.
  public static let all = NameSelection()

  /// Whether this name is chosen.
  public func contains(_ name: String) -> Bool {
    let matches = { (pattern: String) in fnmatch(pattern, name, 0) == 0 }
    return (include.isEmpty || include.contains(where: matches))
      && !exclude.contains(where: matches)
  }

  /// The first pattern that matches none of the names: most likely a mistake. nil if there is none.
  func firstUnused(among names: [String]) -> String? {
    (include + exclude).first { pattern in !names.contains { fnmatch(pattern, $0, 0) == 0 } }
  }
}
