import DBNConversions
import DBNErrors

extension CheckpointError {
  /// Whether it means that a comparison found a difference.
  var isDifference: Bool { code == .outputsDiffer || code == .promiseBroken }
}
