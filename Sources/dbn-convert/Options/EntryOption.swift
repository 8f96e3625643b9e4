import ArgumentParser
import DBNTensors

/// The entry of the state dict in the file.
struct EntryOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the state dict is in the file, as keys joined by slashes: state/model.",
      discussion:
        "By default, the mapping with the most BatchNorms, then the most tensors; see docs/state-dicts.md.",
      valueName: "path"))
  var entry: String?

  var path: EntryPath? { entry.map { EntryPath($0) } }
}
