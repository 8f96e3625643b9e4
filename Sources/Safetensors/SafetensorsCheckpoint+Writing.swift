public import Tensors

extension SafetensorsCheckpoint {
  /// Writes every value of the checkpoint. The same checkpoint gives the same bytes.
  ///
  /// The files appear complete or not at all; those that were there stay as they were on any error.
  /// One that has a name which is to be written is replaced only where the options say so.
  /// Tied tensors are written once, under the first name.
  ///
  /// - Parameter options: with `shardByteCount`, several files `name-00001-of-00002.safetensors`
  ///   and an index `name.safetensors.index.json` take the place of `path`, unless one suffices.
  /// - Returns: the tensors that were left out, where the options allow that.
  /// - Throws: `cannotBeWritten` for a tensor of a type that the format does not have;
  ///   `fileExists` for a file that is not to be replaced; `checksumMismatch` when the bytes of a
  ///   source are damaged; `system` when the disk is full.
  @discardableResult
  public static func write(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions = WritingOptions()
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    try StagedFiles.committing { files throws(CheckpointError) in
      try stage(checkpoint, to: path, options: options, in: &files)
    }
  }

  /// Writes the files as `write` does, without giving them their names yet.
  package static func stage(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    guard options.compression == nil else {
      throw CheckpointError(
        .cannotBeWritten, path: path, "safetensors files are not compressed",
        advice: "write an HDF5 file, or leave the option out")
    }
    guard options.proof == nil || options.shardByteCount == nil else {
      throw CheckpointError(
        .cannotBeWritten, path: path, "shards cannot be verified before they are in their places",
        advice: "leave out --verify, and verify the folder afterwards")
    }
    do throws(CheckpointError) {
      let (checkpoint, losses) = try fitting(checkpoint, options)
      let plan = try SafetensorsPlan(checkpoint)
      if let limit = options.shardByteCount {
        try plan.stageShards(of: limit, to: path, options: options, in: &files)
      } else {
        try plan.stage(to: path, options: options, in: &files)
      }
      return losses
    } catch {
      throw error.with(path: path)
    }
  }

  /// The checkpoint without what the format can't hold, if there is such a thing and it may go.
  private static func fitting(
    _ checkpoint: Checkpoint, _ options: WritingOptions
  ) throws(CheckpointError) -> (Checkpoint, [ConversionReport.Item]) {
    var losses: [ConversionReport.Item] = []
    try checkpoint.root.forEachTensor { path, tensor throws(CheckpointError) in
      guard let reason = obstacle(tensor) else { return }
      guard options.allowsLosses else {
        throw CheckpointError(
          .cannotBeWritten, name: path.description, reason,
          advice: "write an HDF5 file, cast the tensor, or allow losses to leave it out")
      }
      losses.append(ConversionReport.Item(path.description, reason))
    }
    guard !losses.isEmpty else { return (checkpoint, []) }
    var checkpoint = checkpoint
    checkpoint.root = checkpoint.root.keepingTensors { obstacle($0) == nil } ?? .none
    return (checkpoint, losses)
  }

  /// Why the format can't hold the tensor.
  private static func obstacle(_ tensor: Tensor) -> String? {
    guard let type = SafetensorsType(tensor.scalarType) else {
      return "the format has no \(tensor.scalarType.name)"
    }
    // A pair in a byte needs a dimension of two elements.
    guard type != .float4 || !tensor.shape.isEmpty else {
      return "the format has no \(tensor.scalarType.name) without a dimension"
    }
    return nil
  }
}
