import Glibc

/// Which BatchNorms a conversion touches, by patterns of their names.
///
/// Patterns are the shell's (`fnmatch`): `*` is any text, dots included; `?` one character; `[ab]`
/// one of those.
public struct BatchNormSelection: Sendable {
  /// Empty: all.
  public var include: [String]
  public var exclude: [String]

  public init(include: [String] = [], exclude: [String] = []) {
    self.include = include
    self.exclude = exclude
  }

  public static let all = BatchNormSelection()

  public func contains(_ name: String) -> Bool {
    let matches = { (pattern: String) in fnmatch(pattern, name, 0) == 0 }
    return (include.isEmpty || include.contains(where: matches))
      && !exclude.contains(where: matches)
  }
}
