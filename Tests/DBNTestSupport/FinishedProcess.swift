import Foundation
import Synchronization

/// A process that has ended, and its output.
public struct FinishedProcess {
  /// The exit status; -1 if a signal ended the process.
  public let status: Int32
  public let output: String
  public let error: String

  /// The reason why there is no result.
  public enum Failure: Error, Equatable {
    /// It was still running at the time limit, and was killed.
    case timeLimit(seconds: Double, output: String, error: String)
  }

  /// Runs a program and reads both of its streams meanwhile, so that the program never blocks on a
  /// full pipe.
  ///
  /// - Parameters:
  ///   - environment: variables added to this process's own.
  ///   - seconds: the time after which the process is killed. Far more than any test needs, so that
  ///     a hanging command is an error and not a hanging suite.
  ///   - isOutputRead: whether its standard output is read; if not, the pipe is closed.
  /// - Throws: `Failure.timeLimit`; Foundation's error if there is no such program.
  public init(
    _ path: String, _ arguments: [String], environment: [String: String] = [:],
    seconds: Double = 300, isOutputRead: Bool = true
  ) throws {
    let (process, ended) = (Process(), DispatchSemaphore(value: 0))
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (output, error) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = error
    process.terminationHandler = { _ in ended.signal() }
    if !isOutputRead { try output.fileHandleForReading.close() }
    try process.run()
    let texts = [isOutputRead ? output : nil, error].map { PipeReader($0) }
    let deadline = DispatchTime.now() + seconds
    let isInTime =
      ended.wait(timeout: deadline) == .success
      && texts.allSatisfy { $0.waitForEnd(until: deadline) }
    guard isInTime else {
      kill(process.processIdentifier, SIGKILL)
      throw Failure.timeLimit(seconds: seconds, output: texts[0].text, error: texts[1].text)
    }
    // Pipes that stay open add up to thousands of descriptors in a run of all tests.
    for pipe in [output, error] { try? pipe.fileHandleForReading.close() }
    status = process.terminationReason == .exit ? process.terminationStatus : -1
    (self.output, self.error) = (texts[0].text, texts[1].text)
  }
}

/// Reads a pipe to its end on a separate thread.
private final class PipeReader: Sendable {
  private let data = Mutex<Data>(Data())
  private let ended = DispatchSemaphore(value: 0)

  /// - Parameter pipe: nil to read nothing.
  init(_ pipe: Pipe?) {
    guard let handle = pipe?.fileHandleForReading else {
      ended.signal()
      return
    }
    Thread.detachNewThread { [self] in
      while case let piece = handle.availableData, !piece.isEmpty {
        data.withLock { $0 += piece }
      }
      ended.signal()
    }
  }

  func waitForEnd(until deadline: DispatchTime) -> Bool {
    ended.wait(timeout: deadline) == .success
  }

  /// The text read so far.
  var text: String { data.withLock { String(decoding: $0, as: UTF8.self) } }
}
