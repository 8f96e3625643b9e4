public import Tensors

import HDF5
import NumPy
import Safetensors
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

  /// safetensors, in one file or in shards with an index.
  public static let safetensors = CheckpointFormat(
    name: "safetensors", extensions: ["safetensors"],
    recognises: { file in
      SafetensorsCheckpoint.recognises(file)
        || file.path.map(SafetensorsCheckpoint.isIndex) ?? false
    },
    read: { path, file throws(CheckpointError) in
      SafetensorsCheckpoint.isIndex(path)
        ? try SafetensorsCheckpoint.readShards(path) : try SafetensorsCheckpoint.read(file)
    },
    write: { checkpoint, path, options throws(CheckpointError) in
      try SafetensorsCheckpoint.write(checkpoint, to: path, options: options)
    })

  /// Archives of `numpy.savez`, and single arrays.
  public static let npz = CheckpointFormat(
    name: "npz", extensions: ["npz", "npy"],
    recognises: NumPyCheckpoint.recognises,
    read: { _, file throws(CheckpointError) in
      try NumPyCheckpoint.read(file)
    }, write: nil)

  /// Archives of arrays stand before those of PyTorch, which has every other zip file.
  public static let all: [CheckpointFormat] = [
    .npz, .torchZip, .torchLegacy, .torchTar, .hdf5, .safetensors,
  ]

  /// The format of a file, by its content.
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
      guard let inside = try SafetensorsCheckpoint.entryPoint(ofFolder: path) else { throw error }
      return (inside, try MappedFile.open(inside))
    }
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
