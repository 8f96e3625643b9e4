internal import DBNCheckpointFormats
internal import DBNTensors

/// The named tensors and metadata of one file or of several shards, from which a checkpoint is
/// built.
struct SafetensorsContent {
  /// The key of the record of a checkpoint in the metadata.
  static let recordName = ShardIndex.recordName
  /// The key in a shard's metadata of the identity that its index has too.
  static let setName = ShardIndex.setName
  /// The metadata by which loaders recognise PyTorch's tensors. It is not part of a checkpoint.
  static let format = (name: "format", text: "pt")
  /// The attribute that keeps the metadata of a file that another program wrote.
  static let metadataAttribute = "__metadata__"

  var tensors: NamedTensors
  private let record: ByteRegion?
  private var metadata = CheckpointDictionary()
  private var notes: [Guidance]

  /// - Parameters:
  ///   - record: the text of this toolkit's record of the checkpoint, if there is one.
  ///   - metadata: the other text metadata.
  init(
    tensors: NamedTensors = NamedTensors(NameTable(), []), _ record: ByteRegion?,
    metadata: [(name: String, text: String)] = [], notes: [Guidance] = []
  ) {
    self.tensors = tensors
    self.record = record
    self.notes = notes
    for (name, text) in metadata
    where name != Self.setName && (name != Self.format.name || text != Self.format.text) {
      self.metadata.set(.string(name), to: .string(text))
    }
  }

  /// The recorded checkpoint, or the tensors as one state dict.
  consuming func checkpoint() throws(CheckpointError) -> Checkpoint {
    var checkpoint: Checkpoint
    if let record {
      do throws(CheckpointError) {
        checkpoint = try CheckpointRecord.checkpoint(parsing: record, of: tensors)
      } catch  where error.code == .disagreement {
        notes.append(
          "\(error.reason): another program has edited the file, so only its tensors are read, "
            + "under the names they have in it")
        checkpoint = Checkpoint(root: .dictionary(tensors.stateDict))
      }
    } else {
      checkpoint = Checkpoint(root: .dictionary(tensors.stateDict))
    }
    addMetadata(to: &checkpoint)
    checkpoint.notes = notes
    return checkpoint
  }

  private mutating func addMetadata(to checkpoint: inout Checkpoint) {
    guard !metadata.entries.isEmpty else { return }
    guard var root = checkpoint.root.dictionary,
      !root.attributes.contains(where: { $0.name.isIdentical(to: Self.metadataAttribute) })
    else {
      notes.append("\(metadata.entries.count) entries of the file's metadata are left out")
      return
    }
    root.attributes.append((Self.metadataAttribute, .dictionary(metadata)))
    checkpoint.root = .dictionary(root)
  }
}

extension CheckpointError.Code {
  /// The record and the tensors do not match. The error is handled within this module.
  static let disagreement = Self("safetensors-disagreement")
}
