public import DBNCheckpointFormats
import DBNCheckpoints
public import DBNTensors

/// A path with a placeholder for the rank: `rank-%d.pth`, or `rank-%02d.pth` for at least two
/// digits.
public struct RankPattern: Sendable {
  private let head: String
  private let tail: String
  /// The least number of digits.
  private let width: Int

  /// - Returns: nil unless the pattern has one `%d` or `%0Nd` in its last component.
  public init?(_ pattern: String) {
    let parts = pattern.split(separator: "%", omittingEmptySubsequences: false)
    guard parts.count == 2, let end = parts[1].firstIndex(of: "d"), !parts[1][end...].contains("/")
    else { return nil }
    let digits = parts[1][..<end]
    guard digits.isEmpty || (digits.first == "0" && digits.count == 2 && Int(digits) ?? 0 > 0)
    else { return nil }
    head = String(parts[0])
    tail = String(parts[1][parts[1].index(after: end)...])
    width = Int(digits) ?? 0
  }

  /// The path of a rank's file.
  public func path(_ rank: Int) -> String {
    let number = "\(rank)"
    return head + String(repeating: "0", count: max(0, width - number.count)) + number + tail
  }
}

extension [ConversionResult] {
  /// Writes each result to a file, numbered from 0: all of the files appear, or none.
  ///
  /// - Returns: the results with the values that the format could not store, if that was allowed.
  /// - Throws: as `ConversionResult.write`.
  @discardableResult
  public func write(
    to pattern: RankPattern, as format: (any CheckpointFormat)? = nil,
    options: WritingOptions = WritingOptions()
  ) throws(CheckpointError) -> [ConversionResult] {
    try StagedFiles.committing(besides: pattern.path(0)) { files throws(CheckpointError) in
      try stage(to: pattern, as: format, options: options, in: &files)
    }
  }

  /// Writes the results as `write` does, without giving the files their names yet.
  package func stage(
    to pattern: RankPattern, as format: (any CheckpointFormat)? = nil, options: WritingOptions,
    in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionResult] {
    // All names are checked before the first file is written.
    for rank in indices { try options.existing.check(pattern.path(rank)) }
    var written: [ConversionResult] = []
    for (rank, result) in enumerated() {
      written.append(
        try result.stage(to: pattern.path(rank), as: format, options: options, in: &files))
    }
    return written
  }
}
