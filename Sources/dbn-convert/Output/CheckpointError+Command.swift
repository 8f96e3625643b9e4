import DBNConversions
import DBNErrors

extension CheckpointError {
  /// Whether it means that two were compared and are different.
  var isDifference: Bool { code == .outputsDiffer || code == .promiseBroken }
}
