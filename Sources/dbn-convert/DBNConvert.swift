import ArgumentParser
import DBNPlatform
import DBNTensors

@main
struct DBNConvert: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dbn-convert",
    abstract: "Convert checkpoints of models with BatchNorm, and prove that nothing changed.",
    discussion: """
      Reads and writes PyTorch checkpoints, HDF5 and safetensors. A format is recognised by content \
      when reading and by the extension when writing.

      Exit status: 0 success, and equal if something was compared; 1 compared and different; \
      2 a file could not be read, converted or written; 64 wrong usage.
      """,
    version: Toolkit.version,
    subcommands: [
      InfoCommand.self, ConvertCommand.self, ToDistributedCommand.self, ToStandardCommand.self,
      GatherCommand.self, ScatterCommand.self, VerifyCommand.self, DiffCommand.self,
      CheckCommand.self, RunCommand.self, EvalCommand.self, RecalibrateCommand.self,
      SalvageCommand.self, ModelsCommand.self,
    ])

  static func main() {
    // A write beyond the file size limit must be reported as an error, not kill the process
    // silently.
    signal(SIGXFSZ, SIG_IGN)
    dbn_handle_requests_to_end()
    dbn_handle_faults()
    Console.occupyStandardDescriptors()
    FreedMemory.releaseLargeArraysAtOnce()
    let arguments = Array(processArguments.dropFirst())
    do {
      if let request = try JobRequest(arguments) {
        DBNPlatform.exit(try JobRun(request).exitStatus())
      }
      var command = try parsed(arguments)
      try command.run()
    } catch let error as CheckpointError {
      Console.error("dbn-convert: error: \(error.inCommandWords)")
      show(error, arguments)
      DBNPlatform.exit(error.isDifference ? 1 : 2)
    } catch {
      if exitCode(for: error) == .validationFailure {
        show(CheckpointError(usage: error), arguments)
        usageError(fullMessage(for: error))
      }
      exit(withError: error)
    }
  }

  /// Prints an error as a document, if one was asked for and none has been printed.
  private static func show(_ error: CheckpointError, _ arguments: [String]) {
    guard arguments.prefix(while: { $0 != "--" }).contains("--json"), !Console.hasResult else {
      return
    }
    // Standard output may be what is wrong.
    try? Console.result(Document(["error": error.json]))
  }

  /// The command of these arguments. What the parser refuses is looked at again for a misspelled
  /// word and for negative numbers.
  private static func parsed(_ arguments: [String]) throws -> any ParsableCommand {
    if arguments.isEmpty { usageError(helpMessage()) }
    if arguments.first == "help" { _ = try withoutMisspelling(arguments) }
    do {
      return try parseAsRoot(arguments)
    } catch  where exitCode(for: error) == .validationFailure {
      let joined = try withoutMisspelling(arguments).joiningNegativeNumbers
      guard joined != arguments else { throw error }
      return try parseAsRoot(joined)
    }
  }

  private static func withoutMisspelling(_ arguments: [String]) throws -> UsageCheck {
    let check = UsageCheck(command: try .init(parsing: _dumpHelp()), arguments: arguments)
    guard let misspelling = check.misspelling else { return check }
    let help = check.subcommand.map { " \($0)" } ?? ""
    show(CheckpointError(.usage, misspelling), arguments)
    usageError("Error: \(misspelling)\n  See 'dbn-convert\(help) --help' for more information.")
  }

  /// - Parameter text: may have several lines.
  private static func usageError(_ text: String) -> Never {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      Console.error(String(line))
    }
    DBNPlatform.exit(EX_USAGE)
  }
}
