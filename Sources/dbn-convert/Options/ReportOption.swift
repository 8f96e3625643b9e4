import ArgumentParser
import Reports
import Tensors

/// Whether a result is shown as a page too.
struct ReportOption: ParsableArguments {
  @Option(
    name: .customLong("report"),
    help: ArgumentHelp(
      "Write a page with pictures and all numbers to this file, for any browser.",
      valueName: "file.html"))
  var path: String?

  func validate() throws {
    guard let path else { return }
    // A mistaken order of arguments must not put a page in the place of a checkpoint.
    guard [".html", ".htm"].contains(where: path.hasSuffix) else {
      throw ValidationError("--report takes the name of a page: it ends in .html.")
    }
  }

  /// Writes the page, if one was asked for.
  func write(_ report: @autoclosure () throws(CheckpointError) -> Report) throws(CheckpointError) {
    if let path { try report().write(to: path) }
  }
}
