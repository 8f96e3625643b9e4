import Tensors

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
  /// The file that stands for the checkpoint in a folder; nil if the folder is none of this format.
  var entryPoint: @Sendable (_ folder: String) throws(CheckpointError) -> String? = {
    _ throws(CheckpointError) in nil
  }
  /// The other files that the checkpoint at a path lies in, such as the shards of an index.
  var companions: @Sendable (_ path: String) -> [String] = { _ in [] }
  let read: Reader
  let stage: Writer?

  /// Reads a checkpoint of the file at the path.
  typealias Reader =
    @Sendable (_ path: String, ByteRegion, ReadingOptions) throws(CheckpointError) -> Checkpoint

  /// Writes a checkpoint, without giving the files their names yet, and returns what it had to leave
  /// out.
  typealias Writer =
    @Sendable (
      Checkpoint, _ path: String, WritingOptions, inout StagedFiles
    ) throws(CheckpointError) -> [ConversionReport.Item]

  /// What `torch.save` writes since PyTorch 1.6.
  public static let torchZip = CheckpointFormat(
    name: "torch-zip", extensions: ["pth", "pt", "ckpt", "bin"],
    recognises: { TorchFormat(of: $0) == .zip },
    read: { _, file, options throws(CheckpointError) in
      try TorchCheckpoint.read(file, options: options)
    },
    stage: { checkpoint, path, options, files throws(CheckpointError) in
      try TorchCheckpoint.stage(checkpoint, to: path, options: options, in: &files)
    })

  /// What `torch.export.save` writes: weights, and the model's operations.
  public static let torchExport = CheckpointFormat(
    name: "torch-export", extensions: ["pt2"],
    recognises: { TorchFormat(of: $0) == .exportedProgram },
    read: { _, file, options throws(CheckpointError) in
      try TorchCheckpoint.read(file, options: options)
    }, stage: nil)

  /// What `torch.save` wrote from PyTorch 0.1.10 to 1.5.
  public static let torchLegacy = CheckpointFormat(
    name: "torch-legacy", extensions: [], recognises: { TorchFormat(of: $0) == .legacy },
    read: { _, file, options throws(CheckpointError) in
      try TorchCheckpoint.read(file, options: options)
    }, stage: nil)

  /// What `torch.save` wrote before PyTorch 0.1.10.
  public static let torchTar = CheckpointFormat(
    name: "torch-tar", extensions: [], recognises: { TorchFormat(of: $0) == .tar },
    read: { _, file, options throws(CheckpointError) in
      try TorchCheckpoint.read(file, options: options)
    }, stage: nil)

  /// A folder of `torch.distributed.checkpoint`.
  public static let torchDistributed = CheckpointFormat(
    name: "torch-distributed", extensions: [],
    recognises: { $0.path?.hasSuffix(metadataName) ?? false },
    entryPoint: { folder in
      DistributedCheckpoint.recognises(folder: folder) ? folder + metadataName : nil
    },
    companions: { path in
      guard path.hasSuffix(metadataName) else { return [] }
      return DistributedCheckpoint.files(inFolder: String(path.dropLast(metadataName.count)))
    },
    read: { path, _, options throws(CheckpointError) in
      try DistributedCheckpoint.read(
        String(path.dropLast(metadataName.count)), options: options)
    }, stage: nil)

  private static let metadataName = "/.metadata"

  /// HDF5, by the schema of this toolkit or any file of numeric datasets.
  public static let hdf5 = CheckpointFormat(
    name: "hdf5", extensions: ["h5", "hdf5"],
    recognises: HDF5Checkpoint.recognises,
    read: { path, _, _ throws(CheckpointError) in
      try HDF5Checkpoint.read(path)
    },
    stage: { checkpoint, path, options, files throws(CheckpointError) in
      try HDF5Checkpoint.stage(checkpoint, to: path, options: options, in: &files)
    })

  /// Weight files of Keras, in HDF5: read as such, under Keras' names.
  public static let kerasHDF5 = CheckpointFormat(
    name: "keras-hdf5", extensions: [],
    recognises: { file in
      guard HDF5Checkpoint.recognises(file), let path = file.path else { return false }
      return (try? HDF5Checkpoint.isKeras(path)) ?? false
    },
    read: { path, _, _ throws(CheckpointError) in
      try HDF5Checkpoint.read(path)
    }, stage: nil)

  /// safetensors, in one file or in shards with an index.
  public static let safetensors = CheckpointFormat(
    name: "safetensors", extensions: ["safetensors"],
    recognises: { file in
      SafetensorsCheckpoint.recognises(file)
        || file.path.map(SafetensorsCheckpoint.isIndex) ?? false
    },
    entryPoint: { folder throws(CheckpointError) in
      try SafetensorsCheckpoint.entryPoint(ofFolder: folder)
    },
    companions: { SafetensorsCheckpoint.isIndex($0) ? SafetensorsCheckpoint.shards(of: $0) : [] },
    read: { path, file, _ throws(CheckpointError) in
      SafetensorsCheckpoint.isIndex(path)
        ? try SafetensorsCheckpoint.readShards(path) : try SafetensorsCheckpoint.read(file)
    },
    stage: { checkpoint, path, options, files throws(CheckpointError) in
      try SafetensorsCheckpoint.stage(checkpoint, to: path, options: options, in: &files)
    })

  /// Archives of `numpy.savez`, and single arrays.
  public static let npz = CheckpointFormat(
    name: "npz", extensions: ["npz", "npy"],
    recognises: NumPyCheckpoint.recognises,
    read: { _, file, _ throws(CheckpointError) in
      try NumPyCheckpoint.read(file)
    }, stage: nil)

  /// Archives of arrays stand before those of PyTorch, which has every other zip file.
  public static let all: [CheckpointFormat] = [
    .npz, .torchExport, .torchZip, .torchLegacy, .torchTar, .torchDistributed, .kerasHDF5, .hdf5,
    .safetensors,
  ]
}
