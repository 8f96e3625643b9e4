import DBNTensors

/// An option of a job, as the argument parser takes it.
struct JobOption: Hashable {
  /// With its hyphens.
  let name: String
  /// nil for a flag.
  let value: String?

  var argument: String { value.map { "\(name)=\($0)" } ?? name }

  /// Options that change nothing of what is written or found.
  private static let neutral: Set = [
    "--force", "--in-place", "--quiet", "--json", "--threads", "--raise-limits",
  ]

  var isNeutral: Bool { Self.neutral.contains(name) }
}

extension JobOption {
  /// The options that a member of a manifest's line stands for: `"world_size": 8`, `"verify": true`,
  /// `"keep": ["*.weight", "*.bias"]`. `false` and `null` stand for none.
  static func options(_ name: String, _ value: JSON) throws(CheckpointError) -> [JobOption] {
    switch value {
    case .null, .bool(false): return []
    case .bool(true): return [JobOption(name: name, value: nil)]
    case .array(let values):
      var options: [JobOption] = []
      for value in values { options.append(JobOption(name: name, value: try text(value))) }
      return options
    default: return [JobOption(name: name, value: try text(value))]
    }
  }

  private static func text(_ value: JSON) throws(CheckpointError) -> String {
    switch value {
    case .string(let text): return text
    case .int(let number): return "\(number)"
    case .double(let number): return "\(number)"
    default:
      throw CheckpointError(.invalidJob, "an option's value must be a text, a number or true")
    }
  }
}

extension CheckpointError.Code {
  /// A line of a manifest is no job.
  static let invalidJob = Self("invalid-job")
}
