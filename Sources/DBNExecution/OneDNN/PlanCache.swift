import DBNTensors
import Synchronization

/// The plans that no pass is using.
final class PlanCache: Sendable {
  struct Key: Hashable {
    let inputs: [String: [Int]]
    let purpose: PlanBuilder.Purpose
    /// The version of the running statistics, which are part of a plan for evaluation.
    let version: Int
  }

  /// The largest number of cached plans. Each has the memory for all values of a pass, so only as
  /// many are kept as are used alternately.
  private static let limit = 2

  private let idle = Mutex<[(key: Key, plan: Plan)]>([])

  /// Removes a plan from the cache for the caller's exclusive use, until it is given back.
  func take(
    _ key: Key, make: () throws(CheckpointError) -> Plan
  ) throws(CheckpointError) -> Plan {
    let found = idle.withLock { idle -> Plan? in
      guard let index = idle.firstIndex(where: { $0.key == key }) else { return nil }
      return idle.remove(at: index).plan
    }
    if let found { return found }
    return try make()
  }

  func giveBack(_ plan: Plan, _ key: Key) {
    idle.withLock { idle in
      idle.insert((key, plan), at: 0)
      if idle.count > Self.limit { idle.removeLast() }
    }
  }
}
