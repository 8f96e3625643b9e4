public import DBNTensors

/// A page that shows a result: one self-contained file for any browser, without scripts and network
/// access.
///
/// The same result gives the same bytes. Names from files are escaped; every number in a plot is in
/// a table too, except the drifts of single channels.
public struct Report: Sendable {
  var page: Page

  /// The command that made the page, shown so that the page can be made again.
  public var command: String? {
    didSet {
      page.facts.removeAll { $0.term == Self.commandTerm }
      if let command { page.facts.append(Page.Fact(Self.commandTerm, command, limit: 10_000)) }
    }
  }

  private static let commandTerm = "Command"

  /// The page as HTML.
  public var html: String { page.html.text }

  /// Writes the page to a file, which appears complete or not at all.
  ///
  /// - Parameter existing: what happens to an existing file of that name.
  public func write(
    to path: String, existing: ExistingFiles = .refuse
  ) throws(CheckpointError) {
    try StagedFiles.committing(besides: path) { files throws(CheckpointError) in
      try stage(to: path, existing: existing, in: &files)
    }
  }

  /// Writes the page to a file, without giving it its name yet.
  package func stage(
    to path: String, existing: ExistingFiles, in files: inout StagedFiles
  ) throws(CheckpointError) {
    let bytes = ByteRegion(Array(html.utf8))
    let file = try files.makeFile(path, existing: existing)
    try bytes.withBytes { bytes throws(CheckpointError) in try file.write(bytes, at: 0) }
    try files.add(file)
  }
}
