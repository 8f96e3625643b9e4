import DBNTestSupport
import Foundation
import Testing

extension Command {
  /// The most memory that a command had at once, in bytes: `VmHWM` of its process.
  ///
  /// What the system tells of a process that has ended counts the memory of the process that
  /// started it too. So it is asked while the command prints its result, when everything else is
  /// done but naming the output.
  ///
  /// - Parameter output: the file that the command writes, if any.
  static func peakMemory(
    writing output: String? = nil, _ arguments: [String]
  ) throws -> Int {
    let exists = { output.map(FileManager.default.fileExists(atPath:)) }
    var status: String?
    let command = try whilePrinting(arguments) { process in
      try #require(exists() != true)
      status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    }
    try #require(command.status == 0, "\(command.error)")
    try #require(exists() != false)
    let line = try #require(status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    return 1024 * (try #require(Int(line.filter(\.isNumber))))
  }

  /// What a command did during whose printing `body` was called, with the number of its process:
  /// its standard output is a pipe that is full until then.
  static func whilePrinting(
    _ arguments: [String], _ body: (Int32) throws -> Void
  ) throws -> (status: Int32, error: String) {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    let (full, error) = (Pipe(), Pipe())
    fill(full.fileHandleForWriting.fileDescriptor)
    process.standardOutput = full
    process.standardError = error
    try process.run()
    waitUntilAsleep(process)
    let result = Result { try body(process.processIdentifier) }
    _ = try full.fileHandleForReading.readToEnd()
    process.waitUntilExit()
    try result.get()
    let message = String(decoding: error.fileHandleForReading.availableData, as: UTF8.self)
    return (process.terminationStatus, message)
  }

  /// Waits until no thread of the process has had anything to do for a while, in at most a minute.
  private static func waitUntilAsleep(_ process: Process) {
    let (deadline, interval) = (Date.now + 60, 0.005)
    let tasks = "/proc/\(process.processIdentifier)/task"
    var asleep = 0
    while process.isRunning, Date.now < deadline, asleep < 40 {
      Thread.sleep(forTimeInterval: interval)
      let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
      // The state stands after the command's name, which is in brackets: S sleeps, D waits for a
      // disk, R runs.
      let isAsleep = threads.allSatisfy { thread in
        let line = try? String(contentsOfFile: "\(tasks)/\(thread)/stat", encoding: .utf8)
        return line?.split(separator: ")").last?.hasPrefix(" S") ?? true
      }
      asleep = isAsleep && !threads.isEmpty ? asleep + 1 : 0
    }
  }

  /// Writes to a pipe until nothing more goes in.
  private static func fill(_ descriptor: Int32) {
    let flags = fcntl(descriptor, F_GETFL)
    _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
    for size in [4096, 1] {
      let bytes = [UInt8](repeating: 0, count: size)
      while write(descriptor, bytes, size) > 0 {}
    }
    _ = fcntl(descriptor, F_SETFL, flags)
  }
}
