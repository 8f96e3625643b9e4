internal import DBNCheckpointFormats
internal import DBNTensors

/// The content to write for a checkpoint: named tensors and metadata.
struct SafetensorsPlan {
  let names: TensorNames
  /// The metadata of every file: the `format` of PyTorch, and the metadata of the file that the
  /// checkpoint was read from.
  let metadata: [(name: String, text: String)]
  /// The record from which the checkpoint is restored when the file is read.
  let record: CheckpointRecord

  init(_ checkpoint: Checkpoint) throws(CheckpointError) {
    var checkpoint = checkpoint
    let inherited = checkpoint.takeMetadata()
    let hasFormat = inherited.contains { $0.name.isIdentical(to: SafetensorsContent.format.name) }
    metadata = (hasFormat ? [] : [SafetensorsContent.format]) + inherited
    names = try TensorNames(checkpoint)
    record = CheckpointRecord(checkpoint, names: names)
  }

  /// Writes everything into one file.
  func write(
    to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) {
    let content = try SafetensorsFile(names, metadata: metadata, record: record)
    try files.write(path, options: options) { file throws(CheckpointError) in
      try content.write(to: file)
    }
  }
}

extension Checkpoint {
  /// Removes and returns the metadata that the file had when it was read, to be written unchanged.
  fileprivate mutating func takeMetadata() -> [(name: String, text: String)] {
    guard var dictionary = root.dictionary,
      let index = dictionary.attributes.firstIndex(where: {
        $0.name.isIdentical(to: SafetensorsContent.metadataAttribute)
      }), let metadata = dictionary.attributes[index].value.fileMetadata
    else { return [] }
    dictionary.attributes.remove(at: index)
    root = .dictionary(dictionary)
    return metadata
  }
}

extension CheckpointValue {
  /// The entries, if they can be stored as a file's metadata and restored unchanged.
  fileprivate var fileMetadata: [(name: String, text: String)]? {
    guard let dictionary, dictionary.kind == .dict, dictionary.attributes.isEmpty,
      !dictionary.entries.isEmpty, !dictionary.contains(.string(SafetensorsContent.recordName))
    else { return nil }
    var metadata: [(name: String, text: String)] = []
    for entry in dictionary.entries {
      guard let name = entry.key.string, case .string(let text) = entry.value else { return nil }
      metadata.append((name, text))
    }
    let isOfPyTorch = metadata.contains { $0 == SafetensorsContent.format }
    return isOfPyTorch ? nil : metadata
  }
}
