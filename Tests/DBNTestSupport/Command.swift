import Foundation

/// The command under test, run as a separate process.
public struct Command {
  public let status: Int32
  public let output: String
  public let error: String

  /// Runs `dbn-convert` with the arguments, within the time limit of `FinishedProcess`.
  public init(_ arguments: String...) throws {
    try self.init(arguments)
  }

  public init(_ arguments: [String], environment: [String: String] = [:]) throws {
    try self.init(shell: nil, arguments, environment)
  }

  /// Runs it through another command that takes it as its arguments.
  public init(through prefix: [String], _ arguments: String...) throws {
    try self.init(shell: "exec \(prefix.joined(separator: " ")) \"$0\" \"$@\"", arguments, [:])
  }

  /// Runs it through a shell that does something first, such as setting a limit.
  public init(after shell: String, _ arguments: String...) throws {
    try self.init(shell: shell, arguments, [:])
  }

  public init(after shell: String, _ arguments: [String]) throws {
    try self.init(shell: shell, arguments, [:])
  }

  /// Runs it with a standard output pipe whose reading end is closed.
  public static func statusWithoutReader(_ arguments: [String]) throws -> Int32 {
    try FinishedProcess(path, arguments, isOutputRead: false).status
  }

  private init(
    shell: String?, _ arguments: [String], _ environment: [String: String]
  ) throws {
    let process =
      if let shell {
        try FinishedProcess(
          "/bin/sh", ["-c", "\(shell); exec \"$0\" \"$@\"", Self.path] + arguments,
          environment: environment)
      } else {
        try FinishedProcess(Self.path, arguments, environment: environment)
      }
    (status, output, error) = (process.status, process.output, process.error)
  }

  /// The executable next to the test bundle, where the package manager builds both.
  public static let path =
    Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }
    .map { $0.deletingLastPathComponent().appending(path: "dbn-convert").path }
    ?? URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appending(path: "dbn-convert").path
}
