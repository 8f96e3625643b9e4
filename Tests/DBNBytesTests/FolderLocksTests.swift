import DBNTestSupport
import Foundation
import Synchronization
import Testing

@testable import DBNBytes

/// Several files that two writers give the same names.
struct FolderLocksTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Writes files with this byte each, in place of others.
  private func write(_ byte: UInt8, to names: String...) throws {
    var files = StagedFiles()
    for name in names {
      let file = try files.makeFile(folder.file(name), existing: .replace)
      try file.write([byte].span.bytes, at: 0)
      try files.add(file)
    }
    try files.commit()
  }

  /// Runs the body in so many threads, and waits for them.
  private func inThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) -> DispatchGroup {
    let group = DispatchGroup()
    for number in 0..<count {
      group.enter()
      Thread.detachNewThread {
        body(number)
        group.leave()
      }
    }
    return group
  }

  @Test func writersThatMeetLeaveOneSet() throws {
    for round in 0..<100 {
      let failures = Mutex(0)
      let writers = inThreads(3) { number in
        do { try write(UInt8(number), to: "a", "b") } catch { failures.withLock { $0 += 1 } }
      }
      #expect(writers.wait(timeout: .now() + 60) == .success)
      let (a, b) = (FileManager.default.contents(atPath: folder.file("a")), folder.file("b"))
      #expect(a != nil && a == FileManager.default.contents(atPath: b), "round \(round)")
      #expect(failures.withLock { $0 } == 0 && folder.contents.sorted() == ["a", "b"])
    }
  }

  /// A folder whose lock is kept, or that is gone, stops nobody for ever.
  @Test func waitingEnds() throws {
    let held = open(folder.file(""), O_RDONLY | O_DIRECTORY)
    #expect(held >= 0 && flock(held, LOCK_EX) == 0)
    let start = ContinuousClock.now
    _ = FolderLocks([folder.file("")], patience: .milliseconds(50))
    #expect(start.duration(to: .now) >= .milliseconds(50))
    close(held)
    let locks = FolderLocks([folder.file(""), folder.file("")], patience: .seconds(60))
    _ = FolderLocks([folder.file("missing")], patience: .seconds(60))
    #expect(start.duration(to: .now) < .seconds(60))
    _ = consume locks
  }

  @Test func onlySeveralNamesWait() throws {
    let held = open(folder.file(""), O_RDONLY | O_DIRECTORY)
    #expect(held >= 0 && flock(held, LOCK_EX) == 0)
    let writer = inThreads(1) { _ in try? write(1, to: "a", "b") }
    #expect(writer.wait(timeout: .now() + 0.3) == .timedOut)
    try write(2, to: "c")
    #expect(folder.contents.filter { !$0.hasPrefix(".") } == ["c"])
    close(held)
    #expect(writer.wait(timeout: .now() + 60) == .success)
    #expect(folder.contents.sorted() == ["a", "b", "c"])
  }
}
