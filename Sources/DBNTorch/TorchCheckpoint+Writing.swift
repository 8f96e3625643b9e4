import DBNCheckpointFormats
import DBNTensors
import DBNZip

extension TorchCheckpoint {
  /// Writes the checkpoint as a single file.
  static func write(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    var pickle = try PickleWriter.pickle(checkpoint.root, allowsLosses: options.allowsLosses)
    let bytes = pickle.takeBytes()
    let tensors = pickle.tensors
    try files.write(path, options: options) { file throws(CheckpointError) in
      var archive = ZipWriter(to: file)
      try archive.append(head(bytes))
      try archive.append(
        records(of: tensors),
        title: { checkpoint.root.path(of: tensors[$0].storage)?.description }, counted: true)
      try archive.append(tail(checkpoint))
      try archive.append(
        .init([("\(folder)/\(TorchRecord.serializationID)", TensorStorage(identifier(of: archive)))]
        ))
      try archive.finish()
    }
    return pickle.losses
  }

  /// PyTorch's name for the folder of all records if there is no file name: the bytes should not
  /// depend on the file's name.
  private static let folder = "archive"

  /// The records before the tensors.
  private static func head(_ pickle: TensorStorage) -> ZipWriter.Records {
    .init([
      ("\(folder)/\(TorchRecord.pickle)", pickle),
      ("\(folder)/\(TorchRecord.formatVersion)", TensorStorage(Array("1".utf8))),
      (
        "\(folder)/\(TorchRecord.storageAlignment)",
        TensorStorage(Array("\(ZipWriter.alignment)".utf8))
      ),
      (
        "\(folder)/\(TorchRecord.byteOrder)",
        TensorStorage(Array(TorchRecord.littleEndian.utf8))
      ),
    ])
  }

  private static func records(of tensors: [Tensor]) -> ZipWriter.Records {
    ZipWriter.Records(
      count: tensors.count, name: { "\(folder)/\(TorchRecord.storages)\($0)" },
      content: { tensors[$0].storage })
  }

  /// The records after the tensors.
  private static func tail(_ checkpoint: Checkpoint) -> ZipWriter.Records {
    var tail: [(name: String, content: TensorStorage)] = []
    if !checkpoint.history.isEmpty {
      let text = JSON.array(checkpoint.history).text()
      tail.append(("\(folder)/\(TorchRecord.history)", TensorStorage(Array(text.utf8))))
    }
    if let graph = checkpoint.graph {
      tail.append(("\(folder)/\(TorchRecord.graph)", TensorStorage(Array(graph.utf8))))
    }
    if !checkpoint.batchNormSettings.isEmpty {
      let text = checkpoint.batchNormSettings.json.text()
      tail.append(("\(folder)/\(TorchRecord.batchNorms)", TensorStorage(Array(text.utf8))))
    }
    tail.append(("\(folder)/\(TorchRecord.version)", TensorStorage(Array("3\n".utf8))))
    return .init(tail)
  }

  /// An identifier of 40 decimal digits from the names and the checksums of all records, as in
  /// PyTorch, but with another hash.
  private static func identifier(of archive: ZipWriter) -> [UInt8] {
    var (names, checksums) = (FNV1a(), FNV1a())
    archive.forEachRecord { name, crc32 in
      names.update(name.utf8)
      names.update([0])
      withUnsafeBytes(of: crc32.littleEndian) { checksums.update($0) }
    }
    return Array((digits(names.value) + digits(checksums.value)).utf8)
  }

  private static func digits(_ number: UInt64) -> String {
    let digits = "\(number)"
    return String(repeating: "0", count: 20 - digits.count) + digits
  }
}

extension CheckpointValue {
  /// The path of the first tensor with these bytes.
  fileprivate func path(of storage: TensorStorage) -> EntryPath? {
    leaves.first { $0.value.tensor?.storage === storage }?.path
  }
}

/// The 64-bit hash FNV-1a.
private struct FNV1a {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func update(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
  }
}
