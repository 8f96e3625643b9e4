import DBNConversions
import DBNTensors
import DBNVerification

extension CheckpointError {
  /// The error with advice in the command's words, where the library's names are for programmers.
  var inCommandWords: CheckpointError {
    var error = self
    switch code {
    case .outputsDiffer:
      error.advice =
        "say how large a difference is none with --atol and --rtol, or convert without --verify"
    case .nothingToCompare where advice == "write without a proof":
      error.advice = "convert without --verify"
    case .fileExists:
      error.advice = advice?.replacing(
        "write with 'existing: .replace'", with: "add --force to replace it")
    case .batchNormsDiffer:
      error.advice = advice?.replacing(
        "leave out the tolerance", with: "leave out --atol and --rtol")
    case .unknownModel:
      error.advice = advice?.replacing("'Architecture.all' has", with: "'dbn-convert models' lists")
    default: break
    }
    return error
  }

  /// Whether it means that two were compared and are different.
  var isDifference: Bool { code == .outputsDiffer || code == .promiseBroken }
}
