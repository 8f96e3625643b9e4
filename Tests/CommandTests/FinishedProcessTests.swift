import DBNTestSupport
import Foundation
import Testing

/// How tests run commands: whatever a command does, the test ends.
struct FinishedProcessTests {
  private func run(_ script: String, seconds: Double = 60) throws -> FinishedProcess {
    try FinishedProcess("/bin/sh", ["-c", script], seconds: seconds)
  }

  /// Each stream takes more than a pipe holds, before anything comes from the other.
  @Test(arguments: [(1, 2), (2, 1)])
  func aStreamThatIsFilledFirstDoesNotHang(first: Int, second: Int) throws {
    let script = "head -c 300000 /dev/zero >&\(first); head -c 200000 /dev/zero >&\(second); exit 3"
    let process = try run(script)
    #expect(process.status == 3)
    #expect(process.output.utf8.count == (first == 1 ? 300_000 : 200_000))
    #expect(process.error.utf8.count == (first == 2 ? 300_000 : 200_000))
  }

  @Test func aProcessThatNeverEndsIsKilledAndAnError() throws {
    let start = Date.now
    let failure = try #require(throws: FinishedProcess.Failure.self) {
      try run("echo $$; echo late >&2; exec sleep 1000", seconds: 1)
    }
    #expect(Date.now.timeIntervalSince(start) < 60)
    guard case .timeLimit(let seconds, let output, let error) = failure else { return }
    #expect(seconds == 1 && error == "late\n")
    let process = try #require(Int32(output.trimmingCharacters(in: .newlines)))
    // Until it is gone, since the system takes a moment.
    while kill(process, 0) == 0, Date.now.timeIntervalSince(start) < 60 { usleep(10_000) }
    #expect(kill(process, 0) == -1)
  }

  @Test func aProcessThatASignalEndedHasNoStatus() throws {
    #expect(try run("kill -9 $$").status == -1)
  }
}
