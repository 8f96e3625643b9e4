import DBNPlatform

extension CommandLine {
  /// This command as it can be given to a shell again.
  static var shellWords: String {
    (["dbn-convert"] + processArguments.dropFirst().map(\.quoted)).joined(separator: " ")
  }
}

extension String {
  /// The text as one word of a POSIX shell.
  fileprivate var quoted: String {
    let isPlain =
      !isEmpty
      && unicodeScalars.allSatisfy { scalar in
        scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
          || "-_./,:=@%+".unicodeScalars.contains(scalar)
      }
    guard !isPlain else { return self }
    return "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }
}
