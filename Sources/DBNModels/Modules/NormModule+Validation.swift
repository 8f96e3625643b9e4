import DBNBatchNorm
public import DBNTensors

extension NormModule {
  /// Checks the attributes, which may come from a file.
  ///
  /// - Throws: `invalidWorldSize`, `invalidModule`.
  package func validate() throws(CheckpointError) {
    guard (1...StateDict.worldSizeLimit).contains(worldSize) else {
      throw CheckpointError(
        .invalidWorldSize, "there cannot be \(worldSize) virtual devices",
        advice: "give a world size from 1 to \(StateDict.worldSizeLimit)")
    }
    guard hasPlaceForDevices else {
      throw CheckpointError(
        .invalidModule,
        "a BatchNorm of \(worldSize) virtual devices can't be made in the layout \(layout)",
        advice: "use the replicated or the first-device layout")
    }
    guard numFeatures >= 0, accumulationSteps > 0, (1...3).contains(dimensions ?? 1) else {
      throw CheckpointError(
        .invalidModule,
        "a BatchNorm cannot have \(numFeatures) features, \(accumulationSteps) accumulation steps "
          + "and \(dimensions ?? 1) dimensions",
        advice: "give 0 or more features, 1 or more steps, and 1 to 3 dimensions")
    }
  }

  /// Whether the layout supports this world size: each device has a row, or all share PyTorch's
  /// buffers and the layout defines which device updates them.
  private var hasPlaceForDevices: Bool {
    if layout.tensors == BatchNormLayout.replicated.tensors { return true }
    return layout.tensors == BatchNormLayout.standard.tensors
      && (worldSize == 1 || layout.training == .firstDevice)
  }
}

extension CheckpointError.Code {
  /// The attributes of a module contradict each other or are out of range.
  public static let invalidModule = Self("invalid-module")
}
