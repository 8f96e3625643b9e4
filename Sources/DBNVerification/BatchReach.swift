import DBNBatchNorm
import DBNModels
import DBNTensors

/// Whether a mini-batch gives samples to every virtual device of some BatchNorms; a comparison
/// proves nothing about a device without samples.
struct BatchReach {
  private let modules: [(name: String, module: NormModule)]

  /// - Parameter modules: the BatchNorms, with their names in reports.
  init(_ modules: [(name: String, module: NormModule)]) {
    self.modules = modules.filter { $0.module.worldSize > 1 }
  }

  /// The largest number of virtual devices of a BatchNorm; 1 if there is no BatchNorm.
  var worldSize: Int { modules.map(\.module.worldSize).max() ?? 1 }

  /// Whether every device gets a sample.
  func isComplete(_ samples: Int) -> Bool { firstMissed(by: samples) == nil }

  /// The smallest batch of at least `samples` that reaches every device.
  ///
  /// - Throws: `invalidBatch` if none does because the numbers of devices differ too much.
  func leastSamples(from samples: Int) throws(CheckpointError) -> Int {
    for count in samples...max(samples, BatchNormVerification.samplesLimit)
    where isComplete(count) {
      return count
    }
    throw CheckpointError(
      .invalidBatch,
      "no batch of up to \(BatchNormVerification.samplesLimit) samples reaches every device of "
        + "every BatchNorm",
      advice: "verify checkpoints whose BatchNorms all have the same number of devices")
  }

  /// - Parameter isFixed: whether the model accepts no other number of samples.
  /// - Throws: `invalidBatch` with a sufficient number of samples.
  func check(_ samples: Int, isFixed: Bool = false) throws(CheckpointError) {
    guard let (name, module) = firstMissed(by: samples) else { return }
    let slices = module.layout.slices(of: samples, worldSize: module.worldSize)
    let reached = slices.count { !$0.isEmpty }
    let enough = try leastSamples(from: samples)
    throw CheckpointError(
      .invalidBatch, name: name,
      "a batch of \(samples) reaches \(reached) of \(module.worldSize) devices, and proves nothing "
        + "about the others",
      advice: isFixed
        ? "export the model with a batch of any size (dynamic_shapes), or verify without a model"
        : "verify with \(enough) samples")
  }

  private func firstMissed(by samples: Int) -> (name: String, module: NormModule)? {
    modules.first { _, module in
      !module.layout.reachesEveryDevice(samples: samples, worldSize: module.worldSize)
    }
  }
}
