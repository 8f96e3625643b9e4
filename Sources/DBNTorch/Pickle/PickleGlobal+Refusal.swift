import DBNTensors

extension PickleGlobal {
  /// The error for a name that is not in the table where unknown classes are refused.
  static func refusal(of path: String, by operation: PickleOperation) -> CheckpointError {
    if path.hasPrefix("torch.nn.") || path.hasPrefix("torchvision.models.") {
      return CheckpointError(
        .torchModule, "is a pickled module or a part of one (\(path)), not its weights",
        advice: "\(.acceptingUnknownClasses); or save its weights in Python: "
          + "torch.save(model.state_dict(), path)")
    }
    return CheckpointError(
      .pickleGlobal,
      "the pickle names \(path) (\(operation.name)), which PyTorch's weights_only loading does not "
        + "accept either; nothing in the file was executed",
      advice: "\(.acceptingUnknownClasses): then the weights are read, and what can't be is named")
  }
}
