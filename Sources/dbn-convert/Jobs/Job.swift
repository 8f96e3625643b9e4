import DBNTensors

/// One of many runs of a command.
struct Job {
  let command: any JobCommand.Type
  /// Its line in the manifest, or its place among the inputs, from 1.
  let line: Int
  /// The files in the order of the command's positional arguments.
  let files: [String]
  /// Sorted by name, so that the order in which they were given is of no importance.
  let options: [JobOption]
  /// What tells the job from others in every process: a digest of command, files and options.
  let identity: String
  /// A number that is as good as random for different jobs and always the same for one.
  let hash: UInt64

  init(_ command: any JobCommand.Type, line: Int, files: [String], options: [JobOption]) {
    self.command = command
    self.line = line
    self.files = files
    self.options = options.enumerated().sorted {
      ($0.element.name, $0.offset) < ($1.element.name, $1.offset)
    }.map(\.element)
    var digest = SHA256()
    for text in [command.name] + files + self.options.filter({ !$0.isNeutral }).map(\.argument) {
      digest.update(text)
    }
    identity = String(digest.hexadecimal().prefix(32))
    hash = UInt64(identity.prefix(16), radix: 16) ?? 0
  }

  /// The file that is written; nil for a command that only examines files.
  var output: String? { command.outputPlace.map { files[$0] } }

  /// The files that are read: those that are named, and values of options that are files.
  var inputs: [String] {
    let named = files.indices.filter { $0 != command.outputPlace }.map { files[$0] }
    return named + options.compactMap(\.value).filter { FileIdentity($0) != nil }
  }

  /// How many times the usual time and memory each of its files may cost.
  var limitFactor: Int {
    options.last { $0.name == "--raise-limits" }?.value.flatMap(Int.init) ?? 1
  }

  /// The whole command line, from the subcommand on.
  var arguments: [String] {
    [command.name] + options.map(\.argument) + ["--"] + files
  }

  /// The job's members in its line of results.
  var json: [JSON.Member] {
    [
      .init("job", .string(identity)), .init("line", .int(line)),
      .init("command", .string(command.name)),
    ]
      + zip(command.files, files).map { JSON.Member($0, .string($1)) }
      + [.init("options", .array(options.map { .string($0.argument) }))]
  }
}
