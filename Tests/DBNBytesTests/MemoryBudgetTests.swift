import DBNBytes
import Dispatch
import Synchronization
import Testing

/// Who waits for whose memory.
struct MemoryBudgetTests {
  private static let large = 40 << 20

  @Test func largeBuffersAreAloneAndAllGetTheirTurn() throws {
    let budget = MemoryBudget(threads: 4)
    let now = Atomic(0)
    let most = Atomic(0)
    let done = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: 50) { _ in
      budget.withRoom(for: Self.large) {
        most.max(now.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
        for _ in 0..<1000 { _ = UInt8.random(in: 0...1) }
        now.subtract(1, ordering: .relaxed)
        done.add(1, ordering: .relaxed)
      }
    }
    #expect(most.load(ordering: .relaxed) == 1 && done.load(ordering: .relaxed) == 50)
  }

  /// What every core may have is 8 MiB of 32.
  @Test(.timeLimit(.minutes(1)), arguments: [0, 8 << 20])
  func smallBuffersWaitForNobody(byteCount: Int) throws {
    let budget = MemoryBudget(threads: 4)
    let isRun = budget.withRoom(for: Self.large) { budget.withRoom(for: byteCount) { true } }
    #expect(isRun)
  }

  @Test(.timeLimit(.minutes(1))) func budgetsDoNotKnowEachOther() throws {
    let (mine, other) = (MemoryBudget(), MemoryBudget())
    let isRun = mine.withRoom(for: Self.large) { other.withRoom(for: Self.large) { true } }
    #expect(isRun)
  }

  @Test(.timeLimit(.minutes(1))) func anErrorGivesTheRoomBack() throws {
    let budget = MemoryBudget()
    let error = #expect(throws: CheckpointError.self) {
      try budget.withRoom(for: Self.large) { () throws(CheckpointError) in
        throw CheckpointError(.overflow, "an error")
      }
    }
    #expect(error?.reason == "an error")
    #expect(budget.withRoom(for: Self.large) { true })
  }
}
