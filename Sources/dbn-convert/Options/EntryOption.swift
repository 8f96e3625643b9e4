import ArgumentParser
import Tensors

/// Where in the file the state dict is.
struct EntryOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the state dict is in the file, as keys joined by slashes: state/model.",
      discussion: "By default it is looked for under the usual names and at the root.",
      valueName: "path"))
  var entry: String?

  var path: EntryPath? { entry.map { EntryPath($0) } }
}
