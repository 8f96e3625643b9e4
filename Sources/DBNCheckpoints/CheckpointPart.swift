import DBNSafetensors
public import DBNTensors

/// The reason to consider a file one part of a model whose other parts are in other files.
struct CheckpointPart {
  /// "is part 1 of 2 of a checkpoint, according to its name".
  let reason: String
  /// Which of the other parts are in the same folder.
  let surroundings: String?
  /// How to get the whole model.
  let advice: Guidance

  init(_ reason: String, _ surroundings: String? = nil, advice: Guidance) {
    self.reason = reason
    self.surroundings = surroundings
    self.advice = advice
  }

  /// The reason and the surroundings.
  var text: String { surroundings.map { "\(reason); \($0)" } ?? reason }

  /// Decides by the file's content, or by its name and the files next to it, the only signs of a
  /// shard of `save_pretrained`. nil if it is not a part.
  init?(path: String, _ checkpoint: Checkpoint) {
    guard
      let part = Self.ofSharding(checkpoint.root) ?? Self.ofDeepSpeed(checkpoint.root)
        ?? ShardPart.part(at: path) ?? KerasShardName(path)?.part
    else { return nil }
    self = part
  }
}

extension CheckpointError.Code {
  /// The file is one part of a model, but the whole model is needed.
  public static let partOfModel = Self("part-of-model")
}

extension CheckpointPart {
  /// Files of PyTorch's `HuggingFaceStorageWriter(save_distributed=True)`: one rank's slices each.
  fileprivate static func ofSharding(_ root: CheckpointValue) -> CheckpointPart? {
    let attributes = root.dictionary?.attributes ?? []
    let metadata = attributes.first { $0.name == "__metadata__" }?.value.dictionary
    guard metadata?[SafetensorsCheckpoint.shardingInfo] != nil else { return nil }
    return CheckpointPart(
      "contains what one rank saved: its tensors may be slices of the model's, according to "
        + "\(SafetensorsCheckpoint.shardingInfo) in its metadata",
      advice: "put the files of all ranks into one folder, and give that folder")
  }

  /// Files of DeepSpeed with one rank's part of the optimizer or of the weights.
  ///
  /// Source: `deepspeed.checkpoint.constants`, `deepspeed.runtime.engine`.
  fileprivate static func ofDeepSpeed(_ root: CheckpointValue) -> CheckpointPart? {
    guard let root = root.dictionary else { return nil }
    let together: Guidance =
      "give the folder with the files of all ranks, which puts the float32 weights together"
    let optimizer = root["optimizer_state_dict"]?.dictionary
    let zeroKeys = ["single_partition_of_fp32_groups", "fp32_flat_groups", "partition_count"]
    if let optimizer, root["module"] == nil, zeroKeys.contains(where: { optimizer[$0] != nil }) {
      return CheckpointPart(
        "is one rank's part of an optimizer of DeepSpeed ZeRO: flat pieces of the weights, without "
          + "their names", advice: together)
    }
    if root.hasMissingWeights {
      return CheckpointPart(
        "has only the names and shapes of weights; DeepSpeed ZeRO keeps the values in the ranks' "
          + "optimizer files",
        advice: together)
    }
    if case .int(let count)? = root["mp_world_size"], count > 1, root["module"] != nil {
      return CheckpointPart(
        "is one of \(count) parts of a model that DeepSpeed split over devices (mp_world_size)",
        advice: "combine the parts with the program that trained the model")
    }
    return nil
  }
}

extension CheckpointDictionary {
  /// Whether a tensor of `module` is empty although its shape in `param_shapes` is not.
  fileprivate var hasMissingWeights: Bool {
    guard let shapes = self["param_shapes"], let module = self["module"]?.dictionary else {
      return false
    }
    return (shapes.elements ?? [shapes]).compactMap(\.dictionary).contains { group in
      group.entries.contains { entry in
        guard case .size(let shape) = entry.value, !shape.contains(0) else { return false }
        return module[entry.key]?.tensor?.count == 0
      }
    }
  }
}
