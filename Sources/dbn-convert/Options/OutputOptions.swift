import ArgumentParser
import Tensors

/// How a command says what it found.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON document to standard output, and nothing else.")
  var json = false

  @Flag(help: "Print nothing but errors.")
  var quiet = false

  /// Prints the result in the form that was asked for.
  func print(
    _ json: @autoclosure () -> JSON, text: @autoclosure () -> String
  ) throws(CheckpointError) {
    if self.json {
      try Console.result(json().text(indented: true))
    } else if !quiet {
      try Console.result(text())
    }
  }

  /// Prints remarks that accompany a result.
  func remark(_ notes: [String]) {
    guard !quiet else { return }
    for note in notes { Console.error("dbn-convert: note: \(note.visible(limit: 500))") }
  }
}
