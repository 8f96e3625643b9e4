import ArgumentParser
import DBNTensors

/// A command that can be given many files: it is then run once for each job.
protocol JobCommand: ResultCommand {
  /// What its positional arguments are called in a manifest.
  static var files: [String] { get }
  /// The place in `files` of the file that is written; nil if it only examines files.
  static var outputPlace: Int? { get }
}

extension JobCommand {
  static var outputPlace: Int? { files.firstIndex(of: "output") }
  static var name: String { configuration.commandName ?? "" }
}

extension ConvertCommand: JobCommand { static let files = ["input", "output"] }
extension ToDistributedCommand: JobCommand { static let files = ["input", "output"] }
extension ToStandardCommand: JobCommand { static let files = ["input", "output"] }
extension InfoCommand: JobCommand { static let files = ["input"] }
extension CheckCommand: JobCommand { static let files = ["input"] }
extension VerifyCommand: JobCommand { static let files = ["a", "b"] }
extension DiffCommand: JobCommand { static let files = ["a", "b"] }

extension DBNConvert {
  static let jobCommands: [any JobCommand.Type] = [
    ConvertCommand.self, ToDistributedCommand.self, ToStandardCommand.self, InfoCommand.self,
    CheckCommand.self, VerifyCommand.self, DiffCommand.self,
  ]
}
