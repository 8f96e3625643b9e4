import ArgumentParser
import DBNModels
import DBNTensors

struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "List the names of the known architectures.")

  @OptionGroup var options: OutputOptions

  func run() throws {
    let names = Architecture.all.map(\.name)
    try options.print(
      ["models": .array(names.map { .string($0) })], text: names.joined(separator: "\n"))
  }
}
