import Foundation
import Testing

extension Command {
  /// The most memory that a conversion had at once, in bytes: `VmHWM` of its process.
  ///
  /// What the system tells of a process that has ended counts the memory of the process that
  /// started it too. So this one is kept from ending: its standard output is a pipe that is full,
  /// to which it writes its result once the output has its name.
  ///
  /// - Parameter output: the file that the conversion writes.
  static func peakMemory(writing output: String, _ arguments: [String]) throws -> Int {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    let (full, error) = (Pipe(), Pipe())
    fill(full.fileHandleForWriting.fileDescriptor)
    process.standardOutput = full
    process.standardError = error
    try process.run()
    let deadline = Date.now + 60
    while process.isRunning, Date.now < deadline,
      !FileManager.default.fileExists(atPath: output)
    {
      Thread.sleep(forTimeInterval: 0.005)
    }
    let status = try? String(
      contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
    _ = try full.fileHandleForReading.readToEnd()
    process.waitUntilExit()
    let message = String(decoding: error.fileHandleForReading.availableData, as: UTF8.self)
    try #require(process.terminationStatus == 0, "\(message)")
    let line = try #require(status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    return 1024 * (try #require(Int(line.filter(\.isNumber))))
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
