import ArgumentParser
import DBNConversions
import DBNTensors

/// Whether all that is not the state dict is left out.
struct StateDictOption: ParsableArguments {
  @Flag(help: "Write only the state dict, without optimizer, epoch and the like.")
  var stateDictOnly = false

  /// The opened file, without the rest if that is asked for.
  func conversion(
    opening path: String, _ entry: EntryOption, _ opaque: OpaqueOption
  ) throws(CheckpointError) -> Conversion {
    let conversion = try Conversion(
      opening: path, entry: entry.path, options: opaque.readingOptions)
    return stateDictOnly ? try conversion.reducedToStateDict() : conversion
  }
}
