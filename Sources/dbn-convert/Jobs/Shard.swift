import DBNPlatform
import DBNTensors

/// A part of many jobs: those whose identity, divided by the number of parts, leaves this remainder.
/// So every process can tell its jobs without knowing of the others.
struct Shard: Equatable {
  let index: Int
  let count: Int

  static let limit = 1_000_000

  func contains(_ job: Job) -> Bool { job.hash % UInt64(count) == UInt64(index) }
}

extension Shard {
  /// - Parameters:
  ///   - text: `3/16`, `auto` or `auto/16`.
  ///   - environment: the value of a variable.
  init?(
    _ text: String,
    environment: (String) -> String? = { name in getenv(name).map { String(cString: $0) } }
  ) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2 else { return nil }
    var place: (index: Int, count: Int)?
    if parts[0] == "auto" {
      place = Self.given(by: { environment($0).flatMap { Int($0) } })
      if parts.count == 2 {
        guard let count = Int(parts[1]), place?.count ?? count == count else { return nil }
        place = place ?? environment("JOB_COMPLETION_INDEX").flatMap { Int($0) }.map { ($0, count) }
      }
    } else if parts.count == 2, let index = Int(parts[0]), let count = Int(parts[1]) {
      place = (index, count)
    }
    guard let place, (1...Self.limit).contains(place.count), (0..<place.count).contains(place.index)
    else { return nil }
    (index, count) = place
  }

  /// What Slurm gives an array task, or Open MPI a process.
  private static func given(by number: (String) -> Int?) -> (index: Int, count: Int)? {
    if let task = number("SLURM_ARRAY_TASK_ID"), let count = number("SLURM_ARRAY_TASK_COUNT") {
      let first = number("SLURM_ARRAY_TASK_MIN") ?? 0
      return ((task - first) / max(1, number("SLURM_ARRAY_TASK_STEP") ?? 1), count)
    }
    guard let rank = number("OMPI_COMM_WORLD_RANK"), let size = number("OMPI_COMM_WORLD_SIZE")
    else { return nil }
    return (rank, size)
  }
}
