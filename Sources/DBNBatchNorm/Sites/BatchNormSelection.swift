import Glibc

/// Which BatchNorms a conversion touches, by patterns of their names.
///
/// Patterns are the shell's (`fnmatch`): `*` is any text, dots included; `?` one character; `[ab]`
/// one of those.
public struct BatchNormSelection: Sendable {
  /// Empty: all.
  public var include: [String]
  /// Patterns of the names that are left alone, even if `include` has them.
  public var exclude: [String]

  /// Makes the selection of the names that match `include` and do not match `exclude`.
  public init(include: [String] = [], exclude: [String] = []) {
    self.include = include
    self.exclude = exclude
  }

  /// Every BatchNorm.
  public static let all = BatchNormSelection()

  /// Whether a BatchNorm of this name is selected.
  public func contains(_ name: String) -> Bool {
    let matches = { (pattern: String) in fnmatch(pattern, name, 0) == 0 }
    return (include.isEmpty || include.contains(where: matches))
      && !exclude.contains(where: matches)
  }
}
