import DBNPlatform
import Synchronization

/// A limit for the memory of buffers that exist at the same time: a writer that uses all cores
/// passes it to its reads.
///
/// Only one large buffer exists at a time, whatever the number of threads; every core can have a
/// small one. Each writer has its own budget, or all writers of many jobs share one. Byte sources
/// never see it, and a body that has room writes to one file only: so nothing that has room waits
/// for room.
package final class MemoryBudget: Sendable {
  /// The bytes that all cores together may hold in small buffers.
  private static let smallByteCount = 32 << 20

  private let largeByteCount: Int
  private let large = Mutex<Void>(())

  /// - Parameter threads: the most threads that are used; nil: one for each core.
  package init(threads: Int? = nil) {
    let threads = threads ?? sysconf(Int32(_SC_NPROCESSORS_ONLN))
    largeByteCount = Self.smallByteCount / max(1, threads)
  }

  @TaskLocal private static var shared: MemoryBudget?

  /// The budget for a file that is written or read now.
  package static var current: MemoryBudget { shared ?? MemoryBudget() }

  /// Runs the body, whose files are written within this budget.
  package func shared<Value>(
    by body: () throws(CheckpointError) -> Value
  ) throws(CheckpointError) -> Value {
    try Self.$shared.withValue(self) {
      Result { () throws(CheckpointError) in try body() }
    }.get()
  }

  /// Runs the body, which needs a buffer of `byteCount` bytes, once there is room for it.
  package func withRoom<Value: Sendable, Failure: Error>(
    for byteCount: Int, _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    guard byteCount > largeByteCount else { return try body() }
    return try large.withLock { _ throws(Failure) in try body() }
  }
}
