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
