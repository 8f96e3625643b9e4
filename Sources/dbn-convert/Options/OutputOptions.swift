import ArgumentParser
import DBNPlatform
import DBNTensors

/// The form in which a command prints its result.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON document to standard output, and nothing else.")
  var json = false

  @Flag(help: "Print nothing but errors.")
  var quiet = false

  /// How many notes are printed: a file can have one for each of its tensors.
  private static let mostNotes = 100

  /// Prints the result in the requested form, and then gives the files their names.
  ///
  /// In this order, a result that can't be printed leaves no file, and no file with a name is ever
  /// removed again. The names are checked once more before anything is printed.
  func finish(_ result: consuming CommandResult) throws(CheckpointError) {
    // A closed pipe must be an error like others, not end the process without cleaning up.
    if !result.files.isEmpty { signal(SIGPIPE, SIG_IGN) }
    try result.files.check()
    if json {
      try Console.result(result.document())
    } else if !quiet {
      try Console.result(result.lines())
    }
    // A signal now comes too late, also when the files have their names: the process ends by itself.
    dbn_defer_ending()
    try result.files.commit()
  }

  /// Prints notes on standard error.
  func remark(_ notes: [Guidance]) {
    guard !quiet else { return }
    let lines = notes.prefix(Self.mostNotes).map { $0.inCommandWords.visible(limit: 500) }
    for line in lines { Console.error("dbn-convert: note: \(line)") }
    if notes.count > lines.count {
      Console.error("dbn-convert: note: and \(notes.count - lines.count) more notes")
    }
  }
}
