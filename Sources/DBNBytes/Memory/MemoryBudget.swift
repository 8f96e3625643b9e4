import Glibc
import Synchronization

/// What buffers that exist at the same time may take together: handed by a writer that works on all
/// cores to the reads that it makes.
///
/// A large buffer is alone, whatever the number of threads; of small ones every core can have one.
/// Each writer has a budget of its own, which sources of bytes never see: so a read that is made for
/// another can't wait for it.
package final class MemoryBudget: Sendable {
  /// All cores together may hold this many bytes in buffers that are not large.
  private static let smallByteCount = 32 << 20

  private let largeByteCount: Int
  private let large = Mutex<Void>(())

  /// - Parameter threads: how many there are at most; nil: one for each core.
  package init(threads: Int? = nil) {
    let threads = threads ?? sysconf(Int32(_SC_NPROCESSORS_ONLN))
    largeByteCount = Self.smallByteCount / max(1, threads)
  }

  /// Runs the body, which needs a buffer of so many bytes, once there is room for it.
  package func withRoom<Value: Sendable, Failure: Error>(
    for byteCount: Int, _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    guard byteCount > largeByteCount else { return try body() }
    return try large.withLock { _ throws(Failure) in try body() }
  }
}
