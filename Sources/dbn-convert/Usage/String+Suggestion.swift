extension String {
  /// The end of a sentence that refuses this word: `; did you mean X?` for the nearest of the names,
  /// or a full stop if none is near.
  func suggestion(among names: [String]) -> String {
    nearest(among: names).map { "; did you mean \($0)?" } ?? "."
  }

  /// The name that is most like this word: few letters differ, or one begins with the other;
  /// hyphens and case do not count.
  func nearest(among names: [String]) -> String? {
    let word = Array(bareName.utf8.prefix(64))
    let limit = Swift.max(1, word.count / 3)
    let distances = names.map { name in
      let bare = Array(name.bareName.utf8)
      let begins = word.count > 2 && (bare.starts(with: word) || word.starts(with: bare))
      return (name, begins ? Swift.min(1, limit) : word.editDistance(to: bare))
    }
    return distances.filter { $0.1 <= limit }.min { $0.1 < $1.1 }?.0
  }

  private var bareName: String { lowercased().filter { $0 != "-" && $0 != "_" } }
}

extension [UInt8] {
  /// The number of bytes to insert, delete, replace or swap with their neighbours.
  ///
  /// Source: the restricted Damerau-Levenshtein distance ("optimal string alignment").
  fileprivate func editDistance(to other: [UInt8]) -> Int {
    var rows = [[Int](0...other.count)]
    for (i, byte) in enumerated() {
      var row = [i + 1]
      for (j, otherByte) in other.enumerated() {
        var best = Swift.min(
          rows[i][j] + (byte == otherByte ? 0 : 1), row[j] + 1, rows[i][j + 1] + 1)
        if i > 0, j > 0, byte == other[j - 1], self[i - 1] == otherByte {
          best = Swift.min(best, rows[i - 1][j - 1] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[count][other.count]
  }
}
