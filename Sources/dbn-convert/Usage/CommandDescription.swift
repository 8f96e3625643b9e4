import DBNTensors

/// The subcommands and options that the command knows, as the argument parser describes them.
struct CommandDescription {
  struct Option {
    /// With its hyphens.
    let name: String
    let takesValue: Bool
    /// The only values it takes; empty if others are possible.
    let values: [String]
    /// Whether help lists it.
    let isListed: Bool
  }

  /// The options of each subcommand, by its name.
  let subcommands: [(name: String, options: [Option])]

  /// - Parameter help: the parser's description of a command, JSON.
  init(parsing help: String) throws(CheckpointError) {
    let command = try JSON(parsing: help)["command"]
    subcommands = (command?["subcommands"]?.array ?? []).compactMap { subcommand in
      subcommand["commandName"]?.string.map { ($0, Self.options(of: subcommand)) }
    }
  }

  func options(of subcommand: String) -> [Option]? {
    subcommands.first { $0.name == subcommand }?.options
  }

  private static func options(of subcommand: JSON) -> [Option] {
    (subcommand["arguments"]?.array ?? []).flatMap { argument in
      (argument["names"]?.array ?? []).compactMap { name in
        name["name"]?.string.map {
          Option(
            name: (name["kind"]?.string == "short" ? "-" : "--") + $0,
            takesValue: argument["kind"]?.string == "option",
            values: (argument["allValues"]?.array ?? []).compactMap(\.string),
            isListed: argument["shouldDisplay"] != .bool(false))
        }
      }
    }
  }
}
