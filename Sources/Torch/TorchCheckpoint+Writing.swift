public import Tensors
import Zip

extension TorchCheckpoint {
  /// Writes a checkpoint as `torch.save` does since PyTorch 1.6; `torch.load` reads it, with
  /// `weights_only=True` and `mmap=True` too. The same checkpoint gives the same bytes.
  ///
  /// The history of conversions, and the model's operations, are kept in records of their own, which
  /// PyTorch passes over. The file
  /// appears complete or not at all; one that was there stays as it was on any error.
  ///
  /// - Returns: what was left out, if the options allow that: opaque values, integers of more than
  ///   255 bytes, sets of what Python can't hash.
  /// - Throws: `cannotBeWritten` for these if the options do not; `checksumMismatch` when the bytes
  ///   of a source are damaged; `system` when the disk is full.
  @discardableResult
  public static func write(
    _ checkpoint: Checkpoint, to path: String, options: WritingOptions = WritingOptions()
  ) throws(CheckpointError) -> [ConversionReport.Item] {
    guard options.compression == nil, options.shardByteCount == nil else {
      throw CheckpointError(
        .cannotBeWritten, path: path, "PyTorch's files are not written compressed or in shards",
        advice: "leave out --compress and --shard-size, or write HDF5 or safetensors")
    }
    do throws(CheckpointError) {
      let pickle = try PickleWriter.pickle(checkpoint.root, allowsLosses: options.allowsLosses)
      let file = try AtomicFile(replacing: path)
      var archive = ZipWriter(to: file.destination)
      let (head, tensors, tail) = records(of: pickle, checkpoint)
      var checksums = try archive.append(head)
      checksums += try archive.append(
        tensors, title: { checkpoint.root.path(of: $0.content)?.description },
        progress: options.progress)
      checksums += try archive.append(tail)
      let identifier = identifier(of: head + tensors + tail, checksums)
      _ = try archive.append([.init("\(folder)/.data/serialization_id", identifier)])
      try archive.finish()
      try file.commit(provenBy: options.proof)
      return pickle.losses
    } catch {
      throw error.with(path: path)
    }
  }

  /// The name that PyTorch gives to the folder of all records when it knows no file name: the bytes
  /// should not depend on what the file is called.
  private static let folder = "archive"

  private typealias Records = [ZipWriter.Record]

  /// What stands before the tensors, the tensors, and what stands behind them.
  private static func records(
    of pickle: PickleWriter.Pickle, _ checkpoint: Checkpoint
  ) -> (head: Records, tensors: Records, tail: Records) {
    let head: Records = [
      .init("\(folder)/data.pkl", TensorStorage(pickle.bytes)),
      .init("\(folder)/.format_version", Array("1".utf8)),
      .init("\(folder)/.storage_alignment", Array("\(ZipWriter.alignment)".utf8)),
      .init("\(folder)/byteorder", Array("little".utf8)),
    ]
    let tensors = pickle.storages.enumerated().map { number, storage in
      ZipWriter.Record("\(folder)/data/\(number)", storage)
    }
    var tail: Records = []
    if !checkpoint.history.isEmpty {
      let text = JSON.array(checkpoint.history).text()
      tail.append(.init("\(folder)/\(TorchArchive.historyName)", Array(text.utf8)))
    }
    if let graph = checkpoint.graph {
      tail.append(.init("\(folder)/\(TorchArchive.graphName)", Array(graph.utf8)))
    }
    tail.append(.init("\(folder)/version", Array("3\n".utf8)))
    return (head, tensors, tail)
  }

  /// 40 decimal digits, from the names and from the checksums of all records, as PyTorch's; it
  /// hashes them in another way.
  private static func identifier(
    of records: [ZipWriter.Record], _ checksums: [UInt32]
  ) -> [UInt8] {
    let names = hash(records.lazy.flatMap { Array($0.name.utf8) + [0] })
    var bytes: [UInt8] = []
    for checksum in checksums { bytes.append(littleEndian: checksum) }
    return Array((digits(names) + digits(hash(bytes))).utf8)
  }

  /// FNV-1a of 64 bits.
  private static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
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
