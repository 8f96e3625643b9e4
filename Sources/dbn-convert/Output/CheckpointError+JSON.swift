import ArgumentParser
import DBNTensors

extension CheckpointError {
  /// The error for programs: they decide by `code`.
  var json: JSON {
    [
      "code": .string(code.description), "path": path.map { .string($0) } ?? .null,
      "name": name.map { .string($0) } ?? .null, "offset": offset.map { .int($0) } ?? .null,
      "reason": .string(reason), "advice": advice.map { .string($0.inCommandWords) } ?? .null,
    ]
  }

  /// What the parser says of wrong arguments.
  init(usage error: any Error) {
    let message = DBNConvert.message(for: error)
    let text = message.isEmpty ? "\(error)" : message
    self.init(.usage, text.split(separator: "\n").first.map(String.init) ?? text)
  }
}

extension CheckpointError.Code {
  /// A command line, or a job's options, that the command does not have.
  static let usage = Self("usage")
}
