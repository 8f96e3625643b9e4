public import DBNTensors

/// The order of ranks' files, from the numbers in their names.
public enum RankNumbers {
  /// The paths in order of rank. Names that differ only in one number are sorted by it, because a
  /// shell lists rank-10 before rank-2; other names keep the given order.
  ///
  /// - Returns: the paths, and whether their names contain the numbers of their ranks.
  /// - Throws: `invalidRanks` when a rank is missing, or when a rank or path occurs twice; for a
  ///   single file, if its name says that it is of a later rank.
  public static func ordered(
    _ paths: [String]
  ) throws(CheckpointError) -> (paths: [String], areNumbered: Bool) {
    var seen: Set<String> = []
    for path in paths where !seen.insert(path).inserted {
      throw CheckpointError(
        .invalidRanks, path: path, "this file is given twice", advice: "give each rank's file once")
    }
    if paths.count == 1 { try refuseLaterRank(paths[0]) }
    guard paths.count > 1, let numbers = numbers(of: paths) else { return (paths, false) }
    let sorted = zip(numbers, paths).sorted { $0.0 < $1.0 }
    let start = sorted[0].0 == 1 ? 1 : 0
    for (index, entry) in sorted.enumerated() where entry.0 != index + start {
      let isTwice = index > 0 && entry.0 == sorted[index - 1].0
      throw CheckpointError(
        .invalidRanks, path: entry.1,
        isTwice
          ? "rank \(entry.0) appears twice" : "rank \(index + start) is missing before this file",
        advice: "give the files of ranks \(start) to \(start + paths.count - 1), each once")
    }
    return (sorted.map(\.1), true)
  }

  /// Refuses a name like `rank3.pth` or `model-rank_3.pth`: the files before it are missing.
  private static func refuseLaterRank(_ path: String) throws(CheckpointError) {
    let file = path.split(separator: "/").last.map { pieces(of: String($0)) } ?? []
    for (text, number) in zip(file, file.dropFirst()) {
      guard let rank = Int(number), rank > 1,
        text.lowercased().filter({ !"-_".contains($0) }).hasSuffix("rank")
      else { continue }
      throw CheckpointError(
        .invalidRanks, path: path, "rank 0 is missing before this file",
        advice: "give the files of all ranks, each once")
    }
  }

  /// The number in which the names differ, if it is the only one.
  private static func numbers(of paths: [String]) -> [Int]? {
    let names = paths.map { pieces(of: $0) }
    guard Set(names.map(\.count)).count == 1, let count = names.first?.count else { return nil }
    let varying = (0..<count).filter { index in Set(names.map { $0[index] }).count > 1 }
    guard varying.count == 1 else { return nil }
    let numbers = names.compactMap { Int($0[varying[0]]) }
    return numbers.count == paths.count ? numbers : nil
  }

  /// The runs of digits in a path, and the text between them.
  private static func pieces(of path: String) -> [String] {
    var pieces: [String] = []
    var wasDigit: Bool?
    for character in path {
      let isDigit = character.isASCII && character.isNumber
      if isDigit != wasDigit { pieces.append("") }
      pieces[pieces.count - 1].append(character)
      wasDigit = isDigit
    }
    return pieces
  }
}
