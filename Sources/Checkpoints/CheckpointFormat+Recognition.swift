import Safetensors
public import Tensors

extension CheckpointFormat {
  /// The format of a file, by its content, or of a folder.
  ///
  /// - Throws: `unknownFormat`, `system`, `notARegularFile`.
  public static func recognise(_ path: String) throws(CheckpointError) -> CheckpointFormat {
    let (path, file) = try openFile(path)
    return try recognise(file, path: path)
  }

  /// The file at the path or, if that is a folder, the one in it that stands for a checkpoint.
  static func openFile(
    _ path: String
  ) throws(CheckpointError) -> (path: String, file: ByteRegion) {
    do throws(CheckpointError) {
      return (path, try MappedFile.open(path))
    } catch  where error.code == .notARegularFile {
      for format in all {
        if let inside = try format.entryPoint(path) { return (inside, try MappedFile.open(inside)) }
      }
      throw error
    }
  }

  static func recognise(
    _ file: ByteRegion, path: String
  ) throws(CheckpointError) -> CheckpointFormat {
    // Archives one after the other, which only the folder's metadata tells apart.
    if path.hasSuffix(".distcp") {
      throw CheckpointError(
        .partOfModel, path: path, "is one rank's part of a folder of torch.distributed.checkpoint",
        advice: "give the folder")
    }
    if let format = all.first(where: { $0.recognises(file) }) { return format }
    if path.hasSuffix(".index.json") {
      throw CheckpointError(
        .unknownFormat, path: path, "is the index of shards that are not safetensors files",
        advice: ShardFileName.adviceForPickles)
    }
    throw CheckpointError(
      .unknownFormat, path: path,
      file.count == 0 ? "is empty" : "is not a checkpoint of a kind known here",
      advice: file.count == 0
        ? "get the file again"
        : "formats that can be read: \(all.map(\.name).joined(separator: ", "))")
  }

  /// The format of this name, or with this extension.
  public static func named(_ name: String) -> CheckpointFormat? {
    all.first { $0.name == name || $0.extensions.contains(name) }
  }

  /// Whether checkpoints can be written in it.
  public var isWritable: Bool { stage != nil }

  /// The format that a file is to be written in, by its extension.
  ///
  /// - Throws: `unknownFormat` when nothing is written under that extension.
  public static func forWriting(_ path: String) throws(CheckpointError) -> CheckpointFormat {
    let name = path.split(separator: "/").last ?? ""
    let suffix = name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last
    let known = all.first { $0.extensions.contains(suffix?.lowercased() ?? "") }
    guard let known, known.stage != nil else {
      let writable = all.filter { $0.stage != nil }.flatMap(\.extensions)
      throw CheckpointError(
        .unknownFormat, path: path,
        known.map { "\($0.name) files cannot be written yet" }
          ?? "the extension does not say what to write",
        advice: "end the name in " + writable.map { ".\($0)" }.joined(separator: " or "))
    }
    return known
  }
}

extension CheckpointError.Code {
  /// The file is of no known format, or its name does not say which to write.
  public static let unknownFormat = Self("unknown-format")
}
