import ArgumentParser
import DBNTensors

/// What a command found or made: to be printed in one of two forms, before its files get their
/// names.
struct CommandResult: ~Copyable {
  /// The result for programs.
  let document: () throws(CheckpointError) -> Document
  /// The result for people, line by line.
  let lines: () throws(CheckpointError) -> [String]
  /// The written files, complete and without names; none for most commands that only examine files.
  let files: StagedFiles
  /// Whether a comparison found a difference, or something is lost: exit status 1.
  let isDifferent: Bool

  init(
    _ json: @autoclosure @escaping () throws(CheckpointError) -> JSON,
    lines: @autoclosure @escaping () throws(CheckpointError) -> [String],
    naming files: consuming StagedFiles = StagedFiles(), isDifferent: Bool = false
  ) {
    document = { () throws(CheckpointError) in Document(try json()) }
    self.lines = lines
    self.files = files
    self.isDifferent = isDifferent
  }
}

/// A command that does its work first and prints afterwards, so that it can also be one of many jobs.
protocol ResultCommand: ParsableCommand {
  /// How the result is printed.
  var options: OutputOptions { get set }

  /// Does the work, except that no file has its name yet.
  func result() throws -> CommandResult
}

extension ResultCommand {
  func run() throws {
    let result = try result()
    let isDifferent = result.isDifferent
    try options.finish(result)
    if isDifferent { throw Console.different }
  }
}
