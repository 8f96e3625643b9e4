import BatchNorm
public import Tensors

extension NormModule {
  /// Whether numbers that may come from a file make a module.
  ///
  /// - Throws: `invalidWorldSize`, `invalidModule`.
  package func validate() throws(CheckpointError) {
    guard (1...StateDict.worldSizeLimit).contains(worldSize) else {
      throw CheckpointError(
        .invalidWorldSize, "\(worldSize) is not a number of virtual devices",
        advice: "give a world size from 1 to \(StateDict.worldSizeLimit)")
    }
    let sharesWithoutRule =
      worldSize > 1 && layout.buffers == .shared && layout.training == .everyDevice
    guard !sharesWithoutRule else {
      throw CheckpointError(
        .invalidModule, "the layout \(layout) has no place for \(worldSize) virtual devices",
        advice: "use the replicated or the first-device layout")
    }
    guard numFeatures >= 0, accumulationSteps > 0 else {
      throw CheckpointError(
        .invalidModule,
        "a BatchNorm of \(numFeatures) features and \(accumulationSteps) accumulation steps "
          + "makes no sense", advice: "give a positive number of each")
    }
  }
}

extension CheckpointError.Code {
  /// The attributes of a module contradict each other, or make no sense.
  public static let invalidModule = Self("invalid-module")
}
