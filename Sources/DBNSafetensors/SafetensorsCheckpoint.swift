internal import DBNCheckpointFormats
package import DBNTensors

/// Checkpoints in safetensors files: flat mappings of names to tensors. What the format can't hold
/// (order, ties, module versions, every other value of a checkpoint) is recorded in the metadata
/// when this toolkit writes a file (docs/safetensors.md), and restored when it is read.
package enum SafetensorsCheckpoint {
  /// The metadata key in a file with one rank's slices: their offsets in the model's tensors.
  ///
  /// Source: `torch.distributed.checkpoint._hf_utils`.
  package static let shardingInfo = "DCP_SHARDING_INFO"

  /// Whether the file starts with a plausible header length and the header's `{`, before which
  /// there can be white space.
  package static func recognises(_ file: ByteRegion) -> Bool {
    var reader = ByteReader(file)
    guard let length = try? reader.read(UInt64.self), length <= SafetensorsHeader.byteLimit,
      let header = try? reader.readRegion(count: min(Int(length), reader.remaining))
    else { return false }
    return SafetensorsHeader.startsWithObject(header)
  }

  /// Reads the file; the bytes of tensors stay in it until they are needed.
  ///
  /// A file of another writer becomes one ordered dictionary in the order of its header. Its
  /// metadata, except for the `format` of PyTorch, becomes the dictionary's attribute
  /// `__metadata__`.
  ///
  /// - Throws: one of this module's codes for each rule of the format; `unsupportedScalarType` for
  ///   elements that PyTorch does not have.
  package static func read(
    _ file: ByteRegion, options: ReadingOptions = ReadingOptions()
  ) throws(CheckpointError) -> Checkpoint {
    try content(of: file, salvages: options.salvages).checkpoint()
  }

  /// Reads a shard as `read(_:options:)` reads a file.
  ///
  /// - Throws: also `shardSet`, if it was not written with the index.
  static func read(
    _ file: ByteRegion, shardOf index: ShardIndex
  ) throws(CheckpointError) -> Checkpoint {
    try content(of: file, shardOf: index).checkpoint()
  }

  /// A separate function, so that the header is freed before the tree is built.
  private static func content(
    of file: ByteRegion, salvages: Bool = false, shardOf index: ShardIndex? = nil
  ) throws(CheckpointError) -> SafetensorsContent {
    let (header, data) = try SafetensorsHeader.read(file, salvages: salvages)
    if let set = index?.set { try header.checkSet(set) }
    var content = SafetensorsContent(header.record, metadata: header.metadata, notes: header.notes)
    content.tensors = try header.tensors(in: data)
    return content
  }
}

extension SafetensorsHeader {
  /// Checks that a shard has the identity that its index has.
  fileprivate func checkSet(_ set: String) throws(CheckpointError) {
    let own = metadata.first { $0.name == SafetensorsContent.setName }?.text
    guard own != set else { return }
    throw CheckpointError(
      .shardSet,
      "this shard was not written with its index: its '\(SafetensorsContent.setName)' is "
        + "\(own.map { "'\($0.visible(limit: 40))'" } ?? "missing"), not '\(set.visible(limit: 40))'",
      advice: Guidance(
        "get all files of the checkpoint again; if the shard was edited on purpose, remove "
          + "'\(SafetensorsContent.setName)' from the metadata of the index"))
  }

  /// What the user should know about the header.
  var notes: [Guidance] {
    let known: [Guidance] = unknownFields.sorted().map {
      "tensors have the field '\($0.visible())', which is not part of the format; it is ignored"
    }
    guard furtherUnknownFields > 0 else { return known }
    return known + ["\(furtherUnknownFields) more fields of tensors are not part of the format"]
  }
}
