import DBNBatchNorm
import DBNErrors

extension BatchNormHealth {
  /// What is wrong, a note each.
  var notes: [Guidance] { sentences.map { Guidance($0) } }
}
