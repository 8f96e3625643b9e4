import DBNBatchNorm
import DBNErrors

extension BatchNormHealth {
  /// The problems, one note for each.
  var notes: [Guidance] { sentences.map { Guidance($0) } }
}
