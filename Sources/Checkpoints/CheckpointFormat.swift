public import Tensors

import HDF5
import Torch

/// A kind of file that checkpoints are kept in: how it is recognised, read and written.
///
/// Files are recognised by content when read and by extension when written; adding a format is
/// adding a value here.
public struct CheckpointFormat: Sendable {
  /// The name in reports and JSON.
  public let name: String
  /// The extensions that mean this format when writing, the usual one first.
  public let extensions: [String]
  let recognises: @Sendable (ByteRegion) -> Bool
  /// Whether a folder is a checkpoint of this format; those are read by their path alone.
  var recognisesFolder: @Sendable (_ path: String) -> Bool = { _ in false }
  let read: @Sendable (_ path: String, ByteRegion) throws(CheckpointError) -> Checkpoint
  let write: Writer?

  /// Writes a checkpoint and returns what it had to leave out.
  typealias Writer =
    @Sendable (Checkpoint, _ path: String, WritingOptions) throws(CheckpointError) ->
    [ConversionReport.Item]

  /// What `torch.save` writes since PyTorch 1.6.
  public static let torchZip = CheckpointFormat(
    name: "torch-zip", extensions: ["pth", "pt", "ckpt", "bin"],
    recognises: { TorchFormat(of: $0) == .zip },
    read: { _, file throws(CheckpointError) in
      try TorchCheckpoint.read(file)
    },
    write: { checkpoint, path, options throws(CheckpointError) in
      try TorchCheckpoint.write(checkpoint, to: path, options: options)
    })

  /// What `torch.save` wrote from PyTorch 0.1.10 to 1.5.
  public static let torchLegacy = CheckpointFormat(
    name: "torch-legacy", extensions: [], recognises: { TorchFormat(of: $0) == .legacy },
    read: { _, file throws(CheckpointError) in
      try TorchCheckpoint.read(file)
    }, write: nil)

  /// What `torch.save` wrote before PyTorch 0.1.10.
  public static let torchTar = CheckpointFormat(
    name: "torch-tar", extensions: [], recognises: { TorchFormat(of: $0) == .tar },
    read: { _, file throws(CheckpointError) in
      try TorchCheckpoint.read(file)
    }, write: nil)

  /// A folder of `torch.distributed.checkpoint`.
  public static let torchDistributed = CheckpointFormat(
    name: "torch-distributed", extensions: [], recognises: { _ in false },
    recognisesFolder: DistributedCheckpoint.recognises(folder:),
    read: { path, _ throws(CheckpointError) in
      try DistributedCheckpoint.read(path)
    }, write: nil)

  /// HDF5, by the schema of this toolkit or any file of numeric datasets.
  public static let hdf5 = CheckpointFormat(
    name: "hdf5", extensions: ["h5", "hdf5"],
    recognises: HDF5Checkpoint.recognises,
    read: { path, _ throws(CheckpointError) in
      try HDF5Checkpoint.read(path)
    },
    write: { checkpoint, path, options throws(CheckpointError) in
      try HDF5Checkpoint.write(checkpoint, to: path, options: options)
    })

  public static let all: [CheckpointFormat] = [
    .torchZip, .torchLegacy, .torchTar, .torchDistributed, .hdf5,
  ]

  /// The format of a file, by its content, or of a folder.
  ///
  /// - Throws: `unknownFormat`, `system`, `notARegularFile`.
  public static func recognise(_ path: String) throws(CheckpointError) -> CheckpointFormat {
    try open(path).format
  }

  /// The format of a file or folder, and the file's bytes.
  static func open(
    _ path: String
  ) throws(CheckpointError) -> (format: CheckpointFormat, file: ByteRegion) {
    if let format = all.first(where: { $0.recognisesFolder(path) }) {
      return (format, ByteRegion([]))
    }
    let file = try MappedFile.open(path)
    return (try recognise(file, path: path), file)
  }

  private static func recognise(
    _ file: ByteRegion, path: String
  ) throws(CheckpointError) -> CheckpointFormat {
    if let format = all.first(where: { $0.recognises(file) }) { return format }
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
  public var isWritable: Bool { write != nil }

  /// The format that a file is to be written in, by its extension.
  ///
  /// - Throws: `unknownFormat` when nothing is written under that extension.
  public static func forWriting(_ path: String) throws(CheckpointError) -> CheckpointFormat {
    let name = path.split(separator: "/").last ?? ""
    let suffix = name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last
    let known = all.first { $0.extensions.contains(suffix?.lowercased() ?? "") }
    guard let known, known.write != nil else {
      let writable = all.filter { $0.write != nil }.flatMap(\.extensions)
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
