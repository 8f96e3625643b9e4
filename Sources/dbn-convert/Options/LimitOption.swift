import ArgumentParser
import DBNTensors

/// How much a file may cost.
struct LimitOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Let a file cost N times the time and memory that its size justifies.",
      discussion: "For a file that you trust and that exceeds a limit (docs/limits.md).",
      valueName: "N"))
  var raiseLimits = 1

  func validate() throws {
    guard raiseLimits >= 1 else {
      throw ValidationError("--raise-limits must be 1 or more, not \(raiseLimits)")
    }
  }
}
