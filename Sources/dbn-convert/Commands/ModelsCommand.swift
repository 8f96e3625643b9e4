import ArgumentParser
import DBNModels
import DBNTensors

struct ModelsCommand: ResultCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "List the names of the known architectures.")

  @OptionGroup var options: OutputOptions

  func result() throws -> CommandResult {
    let names = Architecture.all.map(\.name)
    return CommandResult(
      ["models": .array(names.map { .string($0) })], lines: names)
  }
}
