import ArgumentParser
import DBNComparison
import DBNVerification

/// How much numbers may differ and still count as equal.
struct ToleranceOptions: ParsableArguments {
  @Option(help: "Values a and b are equal if |a - b| <= atol + rtol * |b|.")
  var atol = 0.0

  @Option(help: "See --atol.")
  var rtol = 0.0

  var tolerance: NumberComparison.Tolerance { .init(absolute: atol, relative: rtol) }

  func validate() throws {
    // With an infinite tolerance all finite numbers would be equal.
    guard atol >= 0, rtol >= 0, atol.isFinite, rtol.isFinite else {
      throw ValidationError("--atol and --rtol must be numbers of at least 0.")
    }
  }
}
