import DBNCheckpoints
import DBNComparison
import DBNVerification

/// A `gather` without `--output`, whose last file was the output in earlier versions.
///
/// A user who forgot the output lost the last rank's file, so the output is now a named option.
struct OldGatherCommand {
  private let arguments: [String]
  private let positionals: [String]

  /// - Parameters:
  ///   - arguments: the process's arguments, beginning with its name.
  ///   - positionals: those that name files.
  init(_ arguments: [String], positionals: [String]) {
    self.arguments = arguments
    self.positionals = positionals
  }

  /// The same command with `--output`; if the last file is a rank's, the user must choose the name.
  var newForm: String {
    guard let last = positionals.last, positionals.count > 1, !lastIsRank,
      let place = arguments.lastIndex(of: last)
    else { return text(adding: "--output FILE", without: nil) }
    return text(adding: "--output \(quoted(last))", without: place)
  }

  /// Whether the output was probably forgotten: the last file is a checkpoint, and its name is
  /// numbered like the others, or they are not numbered.
  private var lastIsRank: Bool {
    guard let last = positionals.last, (try? FormatRegistry.standard.recognise(last)) != nil else {
      return false
    }
    return areNumbered(positionals) || !areNumbered(Array(positionals.dropLast()))
  }

  private func areNumbered(_ paths: [String]) -> Bool {
    (try? RankNumbers.ordered(paths).areNumbered) ?? false
  }

  private func text(adding option: String, without place: Int?) -> String {
    var words = arguments.enumerated().dropFirst().filter { $0.offset != place }
      .map { quoted($0.element) }
    // After `--`, no argument is an option.
    words.insert(option, at: words.firstIndex(of: "--") ?? words.endIndex)
    return (["dbn-convert"] + words).joined(separator: " ")
  }

  /// The word quoted so that a shell reads it as one.
  private func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      let scalar = Unicode.Scalar(byte)
      return scalar.properties.isAlphabetic && scalar.isASCII || ("0"..."9").contains(scalar)
        || "-_./=+,:@%".unicodeScalars.contains(scalar)
    }
    guard !isPlain || word.isEmpty else { return word }
    return "'\(word.replacing("'", with: #"'\''"#))'"
  }
}
