import DBNErrors

/// Looks for what is misspelled in arguments that the parser refused.
///
/// The parser reports the consequence (an unknown option is an "unexpected argument", or another
/// one is "missing"); this reports the cause.
struct UsageCheck {
  let command: CommandDescription
  let arguments: [String]

  /// The misspelled word, with the word that may be meant; nil if there is none.
  var misspelling: String? { subcommandError ?? optionError }

  /// The subcommand whose help says more.
  var subcommand: String? {
    arguments.first.flatMap { $0 == "help" || command.options(of: $0) == nil ? nil : $0 }
  }

  /// The arguments with negative numbers attached to the options before them: `--mean=-0.5`. On
  /// their own, the parser takes them for options.
  var joiningNegativeNumbers: [String] {
    guard let options = subcommand.flatMap({ command.options(of: $0) }) else { return arguments }
    let valued = Set(options.filter(\.takesValue).map(\.name))
    return arguments.reduce(into: []) { joined, argument in
      guard let option = joined.last, valued.contains(option), argument.isNegativeNumbers else {
        return joined.append(argument)
      }
      joined[joined.count - 1] = "\(option)=\(argument)"
    }
  }

  private var subcommandError: String? {
    let words = arguments.first == "help" ? arguments.dropFirst() : arguments[...]
    guard let word = words.first, !word.hasPrefix("-"), command.options(of: word) == nil,
      word != "help"
    else { return nil }
    let names = command.subcommands.map(\.name)
    return "there is no subcommand '\(word.visible(limit: 100))'\(word.suggestion(among: names))"
  }

  private var optionError: String? {
    guard let options = subcommand.flatMap({ command.options(of: $0) }) else { return nil }
    var previous: CommandDescription.Option?
    for argument in arguments.dropFirst() {
      if argument == "--" { break }
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      guard argument.hasPrefix("--"), let name = parts.first else {
        if let error = previous.flatMap({ Self.valueError($0, argument) }) { return error }
        previous = nil
        continue
      }
      guard let option = options.first(where: { $0.name == name }) else {
        return unknownOption(name, options)
      }
      if parts.count == 2, let error = Self.valueError(option, parts[1]) { return error }
      previous = parts.count == 1 && option.takesValue ? option : nil
    }
    return nil
  }

  private func unknownOption(_ name: String, _ options: [CommandDescription.Option]) -> String {
    let shown = name.visible(limit: 100)
    let names = options.filter(\.isListed).map(\.name)
    let suggestion = name.suggestion(among: names)
    let elsewhere = command.subcommands.filter { subcommand in
      subcommand.options.contains { $0.name == name && $0.isListed }
    }
    guard suggestion == ".", !elsewhere.isEmpty else {
      return "there is no option \(shown)\(suggestion)"
    }
    let owners = elsewhere.map(\.name).joined(separator: ", ")
    return "\(subcommand ?? "this subcommand") has no option \(shown); these have it: \(owners)."
  }

  private static func valueError(_ option: CommandDescription.Option, _ value: String) -> String? {
    guard !option.values.isEmpty, !option.values.contains(value) else { return nil }
    return "\(option.name) takes \(option.values.joined(separator: " or ")), "
      + "not '\(value.visible(limit: 100))'\(value.suggestion(among: option.values))"
  }
}

extension String {
  /// Whether it is a negative number, or several with commas of which the first is negative.
  fileprivate var isNegativeNumbers: Bool {
    hasPrefix("-") && split(separator: ",").allSatisfy { Double($0) != nil }
  }
}
