public import Tensors
import Zip

extension TorchCheckpoint {
  /// Writes a checkpoint as `torch.save` does since PyTorch 1.6; `torch.load` reads it, with
  /// `weights_only=True` and `mmap=True` too. The same checkpoint gives the same bytes.
  ///
  /// The history of conversions, the model's operations, and the settings of BatchNorms are kept in
  /// records of their own, which PyTorch passes over. The file appears complete or not at all; one
  /// that was there stays as it was on any error, and is replaced only where the options say so.
  ///
  /// - Returns: what was left out, if the options allow that: opaque values, integers of more than
  ///   255 bytes, sets of what Python can't hash.
  /// - Throws: `cannotBeWritten` for these if the options do not; `fileExists` for a file that is not
  ///   to be replaced; `checksumMismatch` when the bytes of a source are damaged; `system` when the
  ///   disk is full.
  @discardableResult
  public static func write(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions = WritingOptions()
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    try StagedFiles.committing { files throws(CheckpointError) in
      try stage(checkpoint, to: path, options: options, in: &files)
    }
  }

  /// Writes the file as `write` does, without giving it its name yet.
  package static func stage(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions, in files: inout StagedFiles
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    guard options.compression == nil, options.shardByteCount == nil else {
      throw CheckpointError(
        .cannotBeWritten, path: path, "PyTorch's files are not written compressed or in shards",
        advice: "leave out --compress and --shard-size, or write HDF5 or safetensors")
    }
    do throws(CheckpointError) {
      var pickle = try PickleWriter.pickle(checkpoint.root, allowsLosses: options.allowsLosses)
      let file = try AtomicFile(path, existing: options.existing)
      var archive = ZipWriter(to: file.destination)
      try archive.append(head(pickle.takeBytes()))
      let tensors = pickle.tensors
      try archive.append(
        records(of: tensors),
        title: { checkpoint.root.path(of: tensors[$0].storage)?.description },
        progress: options.progress)
      try archive.append(tail(checkpoint))
      try archive.append(
        .init([("\(folder)/.data/serialization_id", TensorStorage(identifier(of: archive)))]))
      try archive.finish()
      try files.add(file, provenBy: options.proof)
      return pickle.losses
    } catch {
      throw error.with(path: path)
    }
  }

  /// The name that PyTorch gives to the folder of all records when it knows no file name: the bytes
  /// should not depend on what the file is called.
  private static let folder = "archive"

  /// What stands before the tensors.
  private static func head(_ pickle: TensorStorage) -> ZipWriter.Records {
    .init([
      ("\(folder)/data.pkl", pickle),
      ("\(folder)/.format_version", TensorStorage(Array("1".utf8))),
      ("\(folder)/.storage_alignment", TensorStorage(Array("\(ZipWriter.alignment)".utf8))),
      ("\(folder)/byteorder", TensorStorage(Array("little".utf8))),
    ])
  }

  private static func records(of tensors: [Tensor]) -> ZipWriter.Records {
    ZipWriter.Records(
      count: tensors.count, name: { "\(folder)/data/\($0)" }, content: { tensors[$0].storage })
  }

  /// What stands behind the tensors.
  private static func tail(_ checkpoint: Checkpoint) -> ZipWriter.Records {
    var tail: [(name: String, content: TensorStorage)] = []
    if !checkpoint.history.isEmpty {
      let text = JSON.array(checkpoint.history).text()
      tail.append(("\(folder)/\(TorchArchive.historyName)", TensorStorage(Array(text.utf8))))
    }
    if let graph = checkpoint.graph {
      tail.append(("\(folder)/\(TorchArchive.graphName)", TensorStorage(Array(graph.utf8))))
    }
    if !checkpoint.batchNormSettings.isEmpty {
      let text = checkpoint.batchNormSettings.json.text()
      tail.append(("\(folder)/\(TorchArchive.settingsName)", TensorStorage(Array(text.utf8))))
    }
    tail.append(("\(folder)/version", TensorStorage(Array("3\n".utf8))))
    return .init(tail)
  }

  /// 40 decimal digits, from the names and from the checksums of all records, as PyTorch's; it
  /// hashes them in another way.
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
  /// Where the first tensor with these bytes stands.
  fileprivate func path(of storage: TensorStorage) -> EntryPath? {
    leaves.first { $0.value.tensor?.storage === storage }?.path
  }
}

/// The hash FNV-1a of 64 bits.
private struct FNV1a {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func update(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
  }
}
