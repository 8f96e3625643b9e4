public import DBNCheckpointFormats
public import DBNTensors

import DBNTorch

extension FormatRegistry {
  /// The format of a file, by its content, or of a folder. For a checkpoint that was read, use
  /// `Checkpoint.format`.
  ///
  /// - Throws: `unknownFormat`, `system`, `notARegularFile`.
  public func recognise(_ path: String) throws(CheckpointError) -> any CheckpointFormat {
    let file = try unpacked(openFile(path))
    try refuseParts(file)
    if let format = formats.first(where: { $0.recognises(file) }) { return format }
    guard ShardIndex.isIndex(file.path), let path = ShardIndex.shards(of: file.path).first else {
      throw unknown(file)
    }
    let shard = try SourceFile(path)
    guard let format = formats.first(where: { $0.recognises(shard) }) else { throw unknown(shard) }
    return format
  }

  /// Reads a file with the first format that recognises it, reusing what that parsed.
  func open(_ path: String, options: ReadingOptions) throws(CheckpointError) -> Checkpoint {
    let file = try unpacked(openFile(path))
    // Only names and shapes were read; the tensors' bytes are read later.
    defer { file.bytes.releaseFile() }
    try refuseParts(file)
    var checkpoint: Checkpoint
    if let whole = try read(file, options) {
      checkpoint = try whole.checkingPart(file.path, options)
    } else {
      guard ShardIndex.isIndex(file.path) else { throw unknown(file) }
      checkpoint = try readShards(of: file, options)
    }
    checkpoint.path = path
    if let note = noteOnOtherFiles(at: path, besides: file) { checkpoint.notes.append(note) }
    return checkpoint
  }

  /// Reads a file with the first format that recognises it; nil if none does.
  private func read(
    _ file: SourceFile, _ options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint? {
    do throws(CheckpointError) {
      for format in formats {
        if let checkpoint = try format.readIfRecognised(file, options: options) {
          return checkpoint
        }
      }
      return nil
    } catch  where error.code == .notATorchCheckpoint || error.code == .torchTarMember {
      // PyTorch's formats take every zip and tar archive for theirs.
      guard let contents = ArchiveContents(file.bytes), !contents.isTorch else { throw error }
      throw contents.error(path: file.path)
    }
  }

  /// The file itself, or what a file that is compressed with gzip contains.
  func unpacked(_ file: SourceFile) throws(CheckpointError) -> SourceFile {
    guard Gzip.recognises(file.bytes) else { return file }
    return SourceFile(
      try Gzip.decompressed(file.bytes), path: file.path, storedByteCount: file.bytes.count)
  }

  /// Reads the shards that an index names, each with the format that recognises it, as one
  /// checkpoint.
  private func readShards(
    of index: SourceFile, _ options: ReadingOptions
  ) throws(CheckpointError) -> Checkpoint {
    do throws(CheckpointError) {
      let shards = try ShardReader(index) { file, _ throws(CheckpointError) in
        guard let checkpoint = try read(file, options) else { throw unknown(file) }
        return checkpoint
      }
      var checkpoint = Checkpoint(root: .dictionary(shards.contents), notes: shards.notes)
      checkpoint.format = shards.format
      return checkpoint
    } catch {
      throw error.with(path: index.path)
    }
  }

  /// The file at the path or, for a folder, the file in it to open.
  func openFile(_ path: String) throws(CheckpointError) -> SourceFile {
    do throws(CheckpointError) {
      return try SourceFile(path)
    } catch  where error.code == .notARegularFile {
      let folder = SourceFolder(path)
      for format in formats {
        if let file = try format.entryPoint(in: folder) { return file }
      }
      if let file = try index(in: folder) { return file }
      throw error
    }
  }

  /// The index in a folder, of whatever files; nil if there is none.
  private func index(in folder: SourceFolder) throws(CheckpointError) -> SourceFile? {
    let names = try folder.names()
    let indexes = names.filter(ShardIndex.isIndex)
    let path = String(folder.prefix.dropLast())
    guard indexes.count <= 1 else {
      throw CheckpointError(
        .shardFolder, path: path,
        "the folder has \(indexes.count) indexes that could be meant: "
          + indexes.prefix(5).map { $0.visible() }.joined(separator: ", "),
        advice: "name one of them")
    }
    if let name = indexes.first { return try folder.file(name) }
    let shards = names.filter { ShardFileName($0) != nil }
    if let error = ShardFileName.folderError(path, shards) { throw error }
    return nil
  }

  private func refuseParts(_ file: SourceFile) throws(CheckpointError) {
    // The file is several concatenated archives, which only the folder's metadata can locate.
    guard file.path.hasSuffix(".distcp") else { return }
    throw CheckpointError(
      .partOfModel, path: file.path,
      "is one rank's part of a torch.distributed.checkpoint folder",
      advice: "give the folder instead")
  }

  private func unknown(_ file: SourceFile) -> CheckpointError {
    let known = "formats that can be read: \(formats.map(\.name).joined(separator: ", "))"
    func error(_ reason: String, _ advice: Guidance) -> CheckpointError {
      CheckpointError(.unknownFormat, path: file.path, reason, advice: advice)
    }
    if file.bytes.count == 0 { return error("is empty", "get the file again") }
    if let kind = FileKind.of(file.bytes) { return error(kind.reason, Guidance(kind.advice)) }
    if let archive = ArchiveContents(file.bytes) { return archive.error(path: file.path) }
    guard let text = FileKind.text(file.bytes) else {
      return error("is not a checkpoint in a known format", Guidance(known))
    }
    return error(
      "is a \(text.isJSON ? "JSON" : "text") file, not a checkpoint: '\(text.start.visible())'",
      "give the file with the weights; \(known)")
  }
}

extension CheckpointFormat {
  fileprivate func recognises(_ file: SourceFile) -> Bool { probe(file) != nil }
}
