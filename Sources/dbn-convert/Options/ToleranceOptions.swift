import ArgumentParser
import Verification

/// How large a difference is none.
struct ToleranceOptions: ParsableArguments {
  @Option(help: "Values a and b are equal if |a - b| <= atol + rtol * |b|.")
  var atol = 0.0

  @Option(help: "See --atol.")
  var rtol = 0.0

  var tolerance: NumberComparison.Tolerance { .init(absolute: atol, relative: rtol) }

  func validate() throws {
    guard atol >= 0, rtol >= 0 else { throw ValidationError("Tolerances are not negative.") }
  }
}
