import ArgumentParser
import DBNConversions
import DBNModels
import DBNReports
import DBNTensors

/// Whether a result is also written as a page.
struct ReportOption: ParsableArguments {
  @Option(
    name: .customLong("report"),
    help: ArgumentHelp(
      "Write an HTML page with plots and all numbers to this file.",
      valueName: "file.html"), completion: .file())
  var path: String?

  @Flag(help: "Replace the page if it already exists.")
  var force = false

  func validate() throws {
    guard let path else {
      guard !force else { throw ValidationError("--force applies only to the page of --report.") }
      return
    }
    // Swapped arguments must not replace a checkpoint by a page.
    guard [".html", ".htm"].contains(where: path.hasSuffix) else {
      throw ValidationError("--report takes the name of an HTML page, which ends in .html.")
    }
  }

  /// What happens to an existing file with the page's name: to be called before anything is read.
  ///
  /// - Parameter inputs: every file and folder that the command reads.
  /// - Throws: `fileExists`, `outputIsInput` or `notARegularFile`, if the page can't be written.
  func existingFiles(inputs: [String?]) throws(CheckpointError) -> ExistingFiles {
    guard let path else { return .refuse }
    do throws(CheckpointError) {
      return try ReplacementOptions.existingFiles([path], inputs, force: force, inPlace: false)
    } catch  where error.code == .outputIsInput {
      var error = error
      error.advice = "choose another name for the page"
      throw error
    }
  }

  /// The page as a complete file without a name yet, if one was requested.
  func staged(
    _ existing: ExistingFiles, _ report: @autoclosure () throws(CheckpointError) -> Report
  ) throws(CheckpointError) -> StagedFiles {
    var files = StagedFiles()
    if let path {
      var report = try report()
      report.command = Assignment.current.shellWords
      try report.stage(to: path, existing: existing, in: &files)
    }
    return files
  }
}

extension String {
  /// The file that a model was read from; nil for an architecture, or a model that was inferred.
  var fileOfModel: String? {
    self == Checkpoint.Model.automatic || Architecture.named(self) != nil ? nil : self
  }
}
