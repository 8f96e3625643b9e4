public import DBNTensors

extension CheckpointError.Code {
  /// The two checkpoints don't have the same BatchNorms and can't be compared.
  public static let batchNormsDiffer = Self("batch-norms-differ")
  /// A mini-batch without samples, or with more than any number of devices needs.
  public static let invalidBatch = Self("invalid-batch")
}

extension CheckpointError {
  static func invalidBatch(_ samples: Int) -> CheckpointError {
    CheckpointError(
      .invalidBatch, "a batch cannot have \(samples) samples",
      advice: "give a batch of 1 to \(BatchNormVerification.samplesLimit) samples")
  }
}
