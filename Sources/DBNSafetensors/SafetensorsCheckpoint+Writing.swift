internal import DBNCheckpointFormats
internal import DBNTensors

extension SafetensorsCheckpoint {
  /// Writes the file, or the shards and their index.
  static func write(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    let (checkpoint, losses) = try fitting(checkpoint, options)
    let plan = try SafetensorsPlan(checkpoint)
    if let limit = options.shardByteCount {
      try plan.writeShards(of: limit, to: path, options: options, in: &files)
    } else {
      try plan.write(to: path, options: options, in: &files)
    }
    return losses
  }

  /// The checkpoint without the tensors that the format can't hold, if the options allow losses.
  private static func fitting(
    _ checkpoint: Checkpoint, _ options: WritingOptions
  ) throws(CheckpointError) -> (Checkpoint, [ConversionReport.Item]) {
    var losses: [ConversionReport.Item] = []
    try checkpoint.root.forEachTensor { path, tensor throws(CheckpointError) in
      guard let reason = obstacle(tensor) else { return }
      guard options.allowsLosses else {
        throw CheckpointError(
          .cannotBeWritten, name: path.description, reason,
          advice: "write an HDF5 file, or leave it out with \(.allowingLosses)")
      }
      losses.append(ConversionReport.Item(path.description, reason))
    }
    guard !losses.isEmpty else { return (checkpoint, []) }
    var checkpoint = checkpoint
    let root = checkpoint.root.removingLeaves { _, value in
      value.tensor.map { obstacle($0) != nil } ?? false
    }
    checkpoint.root = root ?? .none
    return (checkpoint, losses)
  }

  /// Why the format can't hold the tensor.
  private static func obstacle(_ tensor: Tensor) -> String? {
    guard let type = SafetensorsType(tensor.scalarType) else {
      return "safetensors has no type \(tensor.scalarType.name)"
    }
    // Two elements in a byte need a dimension to count them.
    guard type != .float4 || !tensor.shape.isEmpty else {
      return
        "safetensors cannot hold \(withArticle(tensor.scalarType.name)) tensor without dimensions"
    }
    return nil
  }
}
