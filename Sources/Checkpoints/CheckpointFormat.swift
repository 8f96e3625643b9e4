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
  let read: @Sendable (_ path: String, ByteRegion) throws(CheckpointError) -> Checkpoint
  let write: Writer?

  /// Writes a checkpoint and returns what it had to leave out.
  typealias Writer =
    @Sendable (Checkpoint, _ path: String, WritingOptions) throws(CheckpointError) ->
    [ConversionReport.Item]

  /// What `torch.save` writes since PyTorch 1.6.
  public static let torchZip = CheckpointFormat(
    name: "torch-zip", extensions: ["pth", "pt", "ckpt", "bin"],
    recognises: TorchCheckpoint.recognises,
    read: { _, file throws(CheckpointError) in
      try TorchCheckpoint.read(file)
    },
    write: { checkpoint, path, options throws(CheckpointError) in
      try TorchCheckpoint.write(checkpoint, to: path, options: options)
    })

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

  public static let all: [CheckpointFormat] = [.torchZip, .hdf5]

  /// The format of a file, by its content.
  ///
  /// - Throws: `unknownFormat`, `system`, `notARegularFile`.
  public static func recognise(_ path: String) throws(CheckpointError) -> CheckpointFormat {
    try recognise(MappedFile.open(path), path: path)
  }

  static func recognise(
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
