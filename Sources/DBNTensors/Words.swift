/// "1 BatchNorm", "53 BatchNorms".
package func counted(_ count: Int, _ thing: String) -> String {
  "\(count) \(thing)\(count == 1 ? "" : thing.hasSuffix("ch") ? "es" : "s")"
}

/// "a list", "an int", "an OrderedDict", "a uint8": a noun that is known only at run time with its
/// article. All sentences about such a noun use it.
package func withArticle(_ noun: String) -> String {
  let word = noun.lowercased()
  let beginsWithVowel = word.first.map { "aeiou".contains($0) } ?? false
  // Pronounced as "you".
  let isConsonant = ["uint", "uni", "use"].contains { word.hasPrefix($0) }
  return "\(beginsWithVowel && !isConsonant ? "an" : "a") \(noun)"
}

extension String {
  /// The name of a module for display: that of a whole model is empty.
  package var moduleName: String { isEmpty ? "(root)" : visible() }
}
