import DBNPlatform
import Synchronization

/// How many threads the functions below use.
package enum Concurrency {
  /// nil: one for each core.
  @TaskLocal fileprivate static var limit: Int?

  /// Runs the body with at most `limit` threads; nil keeps the current limit.
  package static func limited<Value>(
    to limit: Int?, _ body: () throws(CheckpointError) -> Value
  ) throws(CheckpointError) -> Value {
    guard let limit else { return try body() }
    let result = $limit.withValue(limit) {
      Result { () throws(CheckpointError) in try body() }
    }
    return try result.get()
  }
}

/// Calls `body` with 0 ..< `count` on all cores. If calls fail, throws the error of the lowest
/// index, so that the same input gives the same error.
package func concurrentForEach(
  _ count: Int, _ body: @Sendable (Int) throws(CheckpointError) -> Void
) throws(CheckpointError) {
  let first = Mutex<(index: Int, error: CheckpointError)?>(nil)
  concurrentPerform(count) { index in
    do throws(CheckpointError) {
      try body(index)
    } catch {
      first.withLock { if index < $0?.index ?? .max { $0 = (index, error) } }
    }
  }
  if let failure = first.withLock({ $0 }) { throw failure.error }
}

private func concurrentPerform(_ count: Int, _ body: @Sendable (Int) -> Void) {
  let threads = min(count, Concurrency.limit ?? .max, Int(dbn_core_count()))
  guard threads > 1 else {
    for index in 0..<count { body(index) }
    return
  }
  withoutActuallyEscaping(body) { body in
    let work = SharedWork(count: count, body)
    dbn_share(
      Int32(threads),
      { context in
        guard let context else { return }
        Unmanaged<SharedWork>.fromOpaque(context).takeUnretainedValue().run()
      },
      Unmanaged.passUnretained(work).toOpaque())
    withExtendedLifetime(work) {}
  }
}

/// Calls that several threads share.
private final class SharedWork: Sendable {
  private let next = Atomic(0)
  private let count: Int
  private let body: @Sendable (Int) -> Void

  init(count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    self.count = count
    self.body = body
  }

  /// Makes the next call, until none is left.
  func run() {
    while case let index = next.add(1, ordering: .relaxed).oldValue, index < count { body(index) }
  }
}

/// The results of `body` for 0 ..< `count`, in order, computed on all cores.
package func concurrentMap<Value: Sendable>(
  _ count: Int, _ body: @Sendable (Int) throws(CheckpointError) -> Value
) throws(CheckpointError) -> [Value] {
  let values = Mutex<[Value?]>(Array(repeating: nil, count: count))
  try concurrentForEach(count) { index throws(CheckpointError) in
    let value = try body(index)
    values.withLock { $0[index] = value }
  }
  return values.withLock { $0.compactMap(\.self) }
}
