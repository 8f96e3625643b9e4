public import DBNCheckpointFormats
import DBNSafetensors
public import DBNTensors

extension FormatRegistry {
  /// The format of a file, by its content, or of a folder. For a checkpoint that was read, use
  /// `Checkpoint.format`.
  ///
  /// - Throws: `unknownFormat`, `system`, `notARegularFile`.
  public func recognise(_ path: String) throws(CheckpointError) -> any CheckpointFormat {
    let file = try openFile(path)
    try refuseParts(file)
    if let format = formats.first(where: { $0.recognises(file) }) { return format }
    throw unknown(file)
  }

  /// Reads a file with the first format that recognises it, reusing what that parsed.
  func open(_ path: String, options: ReadingOptions) throws(CheckpointError) -> Checkpoint {
    let file = try openFile(path)
    // Only names and shapes were read; the tensors' bytes are read later.
    defer { file.bytes.releaseFile() }
    try refuseParts(file)
    for format in formats {
      guard var checkpoint = try format.readIfRecognised(file, options: options) else { continue }
      checkpoint = try checkpoint.checkingPart(file.path, options)
      checkpoint.path = path
      return checkpoint
    }
    throw unknown(file)
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
      throw error
    }
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
    if file.path.hasSuffix(".index.json") {
      return CheckpointError(
        .unknownFormat, path: file.path, "is the index of shards that are not safetensors files",
        advice: ShardFileName.adviceForPickles)
    }
    let isEmpty = file.bytes.count == 0
    return CheckpointError(
      .unknownFormat, path: file.path,
      isEmpty ? "is empty" : "is not a checkpoint in a known format",
      advice: isEmpty
        ? "get the file again"
        : "formats that can be read: \(formats.map(\.name).joined(separator: ", "))")
  }
}

extension CheckpointFormat {
  fileprivate func recognises(_ file: SourceFile) -> Bool { probe(file) != nil }
}
