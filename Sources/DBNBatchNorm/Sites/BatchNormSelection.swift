import Glibc

/// Which BatchNorms a conversion changes, as patterns for their names.
///
/// Patterns are shell patterns (`fnmatch`): `*` matches any text, dots included; `?` one character;
/// `[ab]` one of the listed characters.
public struct BatchNormSelection: Sendable {
  /// Patterns of the names that are converted; empty for all.
  public var include: [String]
  /// Patterns of the names that are left alone, even if they match `include`.
  public var exclude: [String]

  /// Makes a selection of the names that match `include` and don't match `exclude`.
  public init(include: [String] = [], exclude: [String] = []) {
    self.include = include
    self.exclude = exclude
  }

  /// Every BatchNorm.
  public static let all = BatchNormSelection()

  /// Whether a BatchNorm with this name is selected.
  public func contains(_ name: String) -> Bool {
    let matches = { (pattern: String) in fnmatch(pattern, name, 0) == 0 }
    return (include.isEmpty || include.contains(where: matches))
      && !exclude.contains(where: matches)
  }
}
