import Dispatch
import Synchronization

/// Calls `body` with 0 ..< `count` on all cores; when calls fail, throws the error of the lowest
/// index, so that the same input gives the same error.
package func concurrentForEach(
  _ count: Int, _ body: @Sendable (Int) throws(CheckpointError) -> Void
) throws(CheckpointError) {
  let first = Mutex<(index: Int, error: CheckpointError)?>(nil)
  DispatchQueue.concurrentPerform(iterations: count) { index in
    do throws(CheckpointError) {
      try body(index)
    } catch {
      first.withLock { if index < $0?.index ?? .max { $0 = (index, error) } }
    }
  }
  if let failure = first.withLock({ $0 }) { throw failure.error }
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
