import ArgumentParser
import DBNCheckpoints
import DBNTensors

/// A command line that names many files: `convert --manifest jobs.jsonl --cast float16`.
struct JobRequest {
  let command: any JobCommand.Type
  /// The files that are named in it.
  let files: [String]
  /// The options that all jobs have, unless their line says otherwise.
  let common: [JobOption]
  let options: JobOptions
  let outputFolder: String?
  let outputs: OutputOptions

  /// nil for the command line of one run.
  init?(_ arguments: [String]) throws {
    guard let command = DBNConvert.jobCommands.first(where: { $0.name == arguments.first }),
      Self.mayNameMany(arguments, command)
    else { return nil }
    let description = try CommandDescription(parsing: DBNConvert._dumpHelp())
    let check = UsageCheck(command: description, arguments: arguments)
    // The parser of one run says what is misspelled.
    guard check.misspelling == nil else { return nil }
    let words = check.joiningNegativeNumbers
    let (files, all) = Self.split(words.dropFirst(), description.options(of: command.name) ?? [])
    let ofMany = all.filter { Self.names.contains($0.name) || $0.name == Self.folderName }
    let takesAnyNumber = command.files.count == 1 && files.count > 1
    guard !ofMany.isEmpty || takesAnyNumber, !all.contains(where: { $0.name == "--help" }) else {
      return nil
    }
    self.command = command
    self.files = files
    outputFolder = ofMany.last { $0.name == Self.folderName }?.value
    options = try Self.parsed(ofMany.filter { $0.name != Self.folderName })
    common = all.filter { !ofMany.contains($0) && !Self.outputNames.contains($0.name) }
    outputs = try Self.parsed(all.filter { Self.outputNames.contains($0.name) })
    try validate()
  }

  /// Names of the options of `JobOptions` and of `OutputOptions`, which no single job can have.
  static let names: Set = [
    "--manifest", "--results", "--jobs", "--shard", "--fail-fast", "--rehash", "--no-claims",
  ]
  static let folderName = "--output-dir"
  static let outputNames: Set = ["--json", "--quiet"]

  /// Whether it is worth looking at the arguments more closely, which takes 20 ms.
  private static func mayNameMany(
    _ arguments: [String], _ command: any JobCommand.Type
  ) -> Bool {
    if command.files.count == 1, arguments.count(where: { !$0.hasPrefix("-") }) > 2 { return true }
    return arguments.contains { argument in
      let name = argument.prefix { $0 != "=" }
      return name == folderName || names.contains(String(name))
    }
  }

  /// Tells files from options and their values.
  private static func split(
    _ words: ArraySlice<String>, _ known: [CommandDescription.Option]
  ) -> (files: [String], options: [JobOption]) {
    let valued = Set(known.filter(\.takesValue).map(\.name))
    var (files, options, rest) = ([String](), [JobOption](), words)
    while let word = rest.popFirst() {
      if word == "--" { return (files + rest, options) }
      guard word.hasPrefix("-"), word.count > 1 else {
        files.append(word)
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      let value =
        parts.count == 2 ? String(parts[1]) : valued.contains(name) ? rest.popFirst() : nil
      options.append(JobOption(name: name, value: value))
    }
    return (files, options)
  }

  private static func parsed<Options: ParsableArguments>(_ options: [JobOption]) throws -> Options {
    do {
      return try Options.parse(options.map(\.argument))
    } catch {
      throw ValidationError(Options.message(for: error))
    }
  }

  private func validate() throws {
    if options.manifest != nil {
      guard files.isEmpty, outputFolder == nil else {
        throw ValidationError("--manifest names all files: leave out the others and --output-dir.")
      }
    } else if command.outputPlace != nil {
      guard outputFolder != nil, !files.isEmpty else {
        throw ValidationError("Give --manifest, or the inputs and --output-dir.")
      }
    } else if command.files.count > 1 || files.isEmpty {
      throw ValidationError(
        "Give --manifest" + (command.files.count > 1 ? "." : ", or the files."))
    }
  }
}
