import DBNComparison
public import DBNTensors

/// A file that a result was computed from, as pages show it: its size, a checksum, and the
/// conversions that it comes from.
public struct ReportedFile: Sendable {
  let path: String
  /// The number of bytes and the checksum; nil for folders.
  private let content: (byteCount: Int, checksum: UInt32)?
  private let history: [JSON]

  /// Reads the whole file for its checksum: the CRC-32 of all its bytes, as zip and gzip compute it.
  /// It shows that a file has changed, not who changed it.
  ///
  /// - Parameters:
  ///   - path: a file; folders have no checksum.
  ///   - history: the conversions that it comes from, as in `Checkpoint.history`.
  /// - Throws: `system` if it can't be opened or read.
  public init(_ path: String, history: [JSON] = []) throws(CheckpointError) {
    self.path = path
    self.history = history
    do throws(CheckpointError) {
      content = try FileContent.checksum(of: path)
    } catch  where error.code == .notARegularFile {
      content = nil
    }
  }

  /// Something that is not a file.
  init(named name: String) {
    path = name
    history = []
    content = nil
  }

  /// How many conversions are shown, the last ones: a file may claim any number.
  private static let historyLimit = 20

  fileprivate var cells: [String] {
    [
      content.map { "\($0.byteCount)" } ?? "-", content?.checksum.hexadecimal ?? "-",
      mergeRule ?? "-",
    ]
  }

  /// How replicas were merged on the way to this file, as its history says.
  private var mergeRule: String? {
    history.last { $0["statistics"]?.string != nil }.map { record in
      let rule = record["statistics"]?.string ?? ""
      return record["operation"]?.string == "recalibrate" ? "recalibrated (\(rule))" : rule
    }
  }

  fileprivate var facts: [Page.Fact] {
    let facts = history.suffix(Self.historyLimit).map { Page.Fact(path.fileName, $0.sentence) }
    let earlier = history.count - facts.count
    return earlier == 0
      ? facts : [Page.Fact(path.fileName, "\(earlier) earlier conversions")] + facts
  }
}

private enum FileContent {
  static func checksum(
    of path: String
  ) throws(CheckpointError) -> (byteCount: Int, checksum: UInt32) {
    let bytes = try MappedFile.open(path)
    var checksum = CRC32()
    try bytes.read(pieces: 1 << 20) { _, piece throws(CheckpointError) in checksum.update(piece) }
    return (bytes.count, checksum.value)
  }
}

extension JSON {
  /// A record of the history as words: "to-standard: statistics pooled, batch_norms 53".
  fileprivate var sentence: String {
    let words = (members ?? []).filter { !["operation", "source", "by"].contains($0.name) }.map {
      "\($0.name) \($0.value.words)"
    }
    let source = self["source"]?["file"]?.string.map { " of \($0)" } ?? ""
    let program = self["by"]?.string.map { ", by \($0)" } ?? ""
    let operation = self["operation"]?.string ?? "converted"
    return operation + source + (words.isEmpty ? "" : ": \(words.joined(separator: ", "))")
      + program
  }

  /// A value as words, an object by its members: "(mean 0.77, variance 1.72)".
  private var words: String {
    guard let members else { return scalarWords }
    return "(\(members.map { "\($0.name) \($0.value.scalarWords)" }.joined(separator: ", ")))"
  }

  private var scalarWords: String {
    switch self {
    case .string(let text): text
    case .double(let number): number.digits
    case .array(let values) where values.count == 1: values[0].string ?? values[0].text()
    default: text()
    }
  }
}

extension Page.Section {
  /// The files, and the conversions that each comes from.
  static func files(_ files: [(role: String, file: ReportedFile)]) -> Page.Section {
    Page.Section(
      heading: "Files",
      paragraphs: [
        "CRC-32 is of all bytes of a file, as zip and gzip compute it. The merge rule is the one in "
          + "a file's history"
          + (files.allSatisfy(\.file.facts.isEmpty)
            ? "; these files have none." : ", which is below, oldest first.")
      ],
      tables: [
        Table(
          "Every file", isOpen: true, columns: ["file", "role", "bytes", "CRC-32", "merge rule"],
          rows: files.map { Table.Row($1.path.visible(), [$0] + $1.cells) })
      ], facts: files.flatMap(\.file.facts))
  }
}
