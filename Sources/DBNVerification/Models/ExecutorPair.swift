import DBNBatchNorm
import DBNExecution
import DBNTensors

/// One model with the tensors of two checkpoints.
struct ExecutorPair {
  let a: any Executor
  let b: any Executor

  /// The larger number of virtual devices of the two.
  var worldSize: Int { max(a.worldSize, b.worldSize) }

  /// Whether a mini-batch reaches the devices of both.
  var reach: BatchReach {
    BatchReach(
      [a, b].flatMap { executor in
        executor.batchNorms.sorted { $0.key < $1.key }.map { ($0.key, $0.value.norm) }
      })
  }

  /// The executor with a device for each slice, and the one that is run on each slice separately;
  /// nil if both have equally many devices and can be run on the whole batch.
  ///
  /// - Throws: `batchNormsDiffer` when models with these numbers of devices can't be compared.
  func roles() throws(CheckpointError) -> (distributed: any Executor, standard: any Executor)? {
    if a.worldSize == b.worldSize { return nil }
    let (distributed, standard) = a.worldSize > b.worldSize ? (a, b) : (b, a)
    guard standard.worldSize == 1 else {
      throw CheckpointError(
        .batchNormsDiffer,
        "\(a.worldSize) devices cannot be compared with \(b.worldSize) in training",
        advice: "convert one of them to standard first")
    }
    for (name, module) in distributed.batchNorms.sorted(by: { $0.key < $1.key })
    where module.worldSize != distributed.worldSize {
      throw CheckpointError(
        .batchNormsDiffer, name: name,
        "this BatchNorm has \(module.worldSize) devices and others \(distributed.worldSize), so "
          + "their devices get different samples",
        advice: "verify it in evaluation, or without a model")
    }
    return (distributed, standard)
  }
}

extension Executor {
  /// The largest number of virtual devices of a BatchNorm; 1 without BatchNorms.
  var worldSize: Int { batchNorms.values.map(\.worldSize).max() ?? 1 }
}
