import Foundation

/// The command under test, run as a process of its own.
public struct Command {
  public let status: Int32
  public let output: String
  public let error: String

  /// Runs `dbn-convert` with the arguments, in at most a minute.
  public init(_ arguments: String...) throws {
    try self.init(arguments)
  }

  public init(_ arguments: [String], environment: [String: String] = [:]) throws {
    try self.init(shell: nil, arguments, environment)
  }

  /// Runs it by way of another command that takes it as its arguments.
  public init(through prefix: [String], _ arguments: String...) throws {
    try self.init(shell: "exec \(prefix.joined(separator: " ")) \"$0\" \"$@\"", arguments, [:])
  }

  /// Runs it by way of a shell that does something first, such as setting a limit.
  public init(after shell: String, _ arguments: String...) throws {
    try self.init(shell: shell, arguments, [:])
  }

  public init(after shell: String, _ arguments: [String]) throws {
    try self.init(shell: shell, arguments, [:])
  }

  /// Runs it with its standard output a pipe that nobody reads from any more.
  public static func statusWithoutReader(_ arguments: [String]) throws -> Int32 {
    let (process, output) = (Process(), Pipe())
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = Pipe()
    try output.fileHandleForReading.close()
    try process.run()
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : -1
  }

  private init(
    shell: String?, _ arguments: [String], _ environment: [String: String]
  ) throws {
    let process = Process()
    if let shell {
      process.executableURL = URL(filePath: "/bin/sh")
      process.arguments = ["-c", "\(shell); exec \"$0\" \"$@\"", Self.path] + arguments
    } else {
      process.executableURL = URL(filePath: Self.path)
      process.arguments = arguments
    }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (output, error) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = error
    try process.run()
    self.output = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    self.error = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationReason == .exit ? process.terminationStatus : -1
  }

  /// Beside the test bundle, where the package manager builds both.
  public static let path =
    Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }
    .map { $0.deletingLastPathComponent().appending(path: "dbn-convert").path }
    ?? URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appending(path: "dbn-convert").path
}
