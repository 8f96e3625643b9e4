/// A substitution as in sed: `s/REGEX/REPLACEMENT/`, with any delimiter, `\1` to `\9` for groups,
/// `&` for the whole match, and a `g` at the end to replace every match instead of only the first.
public struct Substitution: Sendable {
  private enum Part: Sendable {
    case text(String)
    case group(Int)
  }

  /// The substitution as the user wrote it.
  public let text: String
  // A Regex is not Sendable because it may hold closures; a Regex made from text does not.
  private nonisolated(unsafe) let regex: Regex<AnyRegexOutput>
  private let replacement: [Part]
  private let isGlobal: Bool

  /// - Returns: nil if the text is not of this form or the regular expression is invalid.
  public init?(_ text: String) {
    let scalars = Array(text.unicodeScalars)
    guard scalars.count > 3, scalars[0] == "s" else { return nil }
    let fields = Self.split(scalars[2...], at: scalars[1])
    guard fields.count == 3, ["", "g"].contains(fields[2]),
      let regex = try? Regex(fields[0]).matchingSemantics(.unicodeScalar)
    else { return nil }
    self.text = text
    self.regex = regex
    replacement = Self.parts(of: fields[1])
    isGlobal = fields[2] == "g"
  }

  /// The name after the substitution; unchanged if nothing matches.
  public func callAsFunction(_ name: String) -> String {
    name.replacing(regex, maxReplacements: isGlobal ? .max : 1) { match in
      replacement.map { part in
        switch part {
        case .text(let text): text
        case .group(let index):
          index < match.output.count ? String(match.output[index].substring ?? "") : ""
        }
      }.joined()
    }
  }

  /// The fields between delimiters; a delimiter after a backslash is part of the field.
  private static func split(
    _ scalars: ArraySlice<Unicode.Scalar>, at delimiter: Unicode.Scalar
  ) -> [String] {
    var fields = [""]
    var isEscaped = false
    for scalar in scalars {
      if scalar == delimiter && !isEscaped {
        fields.append("")
      } else {
        if isEscaped && scalar != delimiter { fields[fields.count - 1].unicodeScalars.append("\\") }
        if isEscaped || scalar != "\\" { fields[fields.count - 1].unicodeScalars.append(scalar) }
      }
      isEscaped = scalar == "\\" && !isEscaped
    }
    return fields
  }

  private static func parts(of replacement: String) -> [Part] {
    var parts: [Part] = []
    var isEscaped = false
    for scalar in replacement.unicodeScalars {
      switch (isEscaped, scalar) {
      case (false, "\\"): break
      case (false, "&"): parts.append(.group(0))
      case (true, "1"..."9"): parts.append(.group(Int(scalar.value) - 48))
      default: parts.append(.text(String(scalar)))
      }
      isEscaped = scalar == "\\" && !isEscaped
    }
    return parts
  }
}
