import DBNBytes
import Synchronization
import Testing

/// Work on all cores.
struct ConcurrencyTests {
  /// How many calls are running, and how many did at most.
  private final class Gauge: Sendable {
    private let state = Mutex<(now: Int, most: Int)>((0, 0))
    var most: Int { state.withLock { $0.most } }

    func run(_ body: () -> Void) {
      state.withLock {
        $0.now += 1
        $0.most = max($0.most, $0.now)
      }
      body()
      state.withLock { $0.now -= 1 }
    }
  }

  private static func failure(_ index: Int) -> CheckpointError {
    CheckpointError(.overflow, "\(index)")
  }

  @Test(arguments: [nil, 1, 3, 1000], [0, 1, 2, 1000])
  func everyIndexIsCalledOnce(limit: Int?, count: Int) throws {
    let calls = Mutex<[Int]>([])
    try Concurrency.limited(to: limit) { () throws(CheckpointError) in
      try concurrentForEach(count) { index in calls.withLock { $0.append(index) } }
    }
    #expect(calls.withLock { $0.sorted() } == Array(0..<count))
  }

  @Test(arguments: [nil, 1, 3])
  func resultsAreInOrder(limit: Int?) throws {
    let values = try Concurrency.limited(to: limit) { () throws(CheckpointError) in
      try concurrentMap(500) { $0 * $0 }
    }
    #expect(values == (0..<500).map { $0 * $0 })
  }

  /// So that one input gives one error, however threads are scheduled.
  @Test(arguments: [nil, 1, 3])
  func theErrorOfTheLowestIndexIsThrown(limit: Int?) throws {
    for _ in 0..<50 {
      let error = #expect(throws: CheckpointError.self) {
        try Concurrency.limited(to: limit) { () throws(CheckpointError) in
          try concurrentForEach(100) { index throws(CheckpointError) in
            if index % 10 == 7 { throw Self.failure(index) }
          }
        }
      }
      #expect(error?.reason == "7")
    }
  }

  @Test(arguments: [1, 2, 5])
  func noMoreThreadsThanTheLimit(limit: Int) throws {
    let gauge = Gauge()
    try Concurrency.limited(to: limit) { () throws(CheckpointError) in
      try concurrentForEach(64) { _ in
        gauge.run { for _ in 0..<2000 { _ = UInt8.random(in: 0...1) } }
      }
    }
    #expect(gauge.most >= 1 && gauge.most <= limit)
  }

  @Test func theLimitEndsWithItsBody() throws {
    let limits = try Concurrency.limited(to: 1) { () throws(CheckpointError) in
      try Concurrency.limited(to: nil) { () throws(CheckpointError) in
        let gauge = Gauge()
        try concurrentForEach(64) { _ in gauge.run {} }
        return gauge.most
      }
    }
    #expect(limits == 1, "nil is as many as before")
    let error = #expect(throws: CheckpointError.self) {
      try Concurrency.limited(to: 1) { () throws(CheckpointError) in throw Self.failure(1) }
    }
    #expect(error?.reason == "1")
  }

  @Test(.timeLimit(.minutes(1))) func callsInsideCallsEnd() throws {
    let calls = Atomic(0)
    try concurrentForEach(16) { _ throws(CheckpointError) in
      try concurrentForEach(16) { _ in calls.add(1, ordering: .relaxed) }
    }
    #expect(calls.load(ordering: .relaxed) == 256)
  }
}
