import ArgumentParser
import Checkpoints
import Tensors

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Write a checkpoint in another format, nothing lost.")

  @Argument(help: "The checkpoint to read.")
  var input: String

  @Argument(help: "The file to write; its extension says the format.")
  var output: String

  @OptionGroup var entry: EntryOption

  @Flag(help: "Write only the state dict, without optimizer, epoch and the like.")
  var stateDictOnly = false

  @OptionGroup var options: OutputOptions

  func validate() throws {
    guard entry.entry == nil || stateDictOnly else {
      throw ValidationError("--entry says which state dict --state-dict-only is about.")
    }
  }

  func run() throws {
    let conversion = try Conversion(from: input, to: output)
    var result = conversion.checkpoint
    if stateDictOnly {
      result.root = .dictionary(try result.findStateDict(at: entry.path).stateDict.dictionary)
    }
    let record: JSON = ["operation": "convert", "state_dict_only": .bool(stateDictOnly)]
    try conversion.write(result, record: record)
    options.remark(conversion.checkpoint.notes)
    let tensors = result.root.leaves.count { $0.value.tensor != nil }
    options.print(
      conversion.json(record),
      text: "\(output): \(counted(tensors, "tensor")) from \(input) (\(conversion.format.name))")
  }
}
