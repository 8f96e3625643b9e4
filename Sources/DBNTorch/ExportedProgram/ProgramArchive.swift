import DBNTensors
import DBNZip

/// The records of a `.pt2` file, which `torch.export.save` writes: a model's operations as JSON, its
/// weights and its constants.
///
/// Source: `torch/export/pt2_archive/constants.py`, `_package.py`.
struct ProgramArchive: StorageSource {
  let byteCount: Int
  let isBigEndian: Bool
  private let zip: ZipArchive
  /// The folder that all records are in, with its slash.
  private let prefix: String
  /// The model's name: that of its records.
  private let model: String

  init(_ file: ByteRegion, _ zip: ZipArchive) throws(CheckpointError) {
    byteCount = file.count
    self.zip = zip
    prefix = zip.commonFolder
    model = try Self.model(in: zip, prefix)
    isBigEndian = try zip.isBigEndian(prefix)
  }

  /// Whether an archive has a model's operations; `torch.save`'s, and archives of compiled code
  /// alone, have not.
  static func recognises(_ zip: ZipArchive) -> Bool {
    let folder = "\(zip.commonFolder)models/"
    return zip.entries.contains { $0.name.hasPrefix(folder) }
  }

  /// The operations, as PyTorch wrote them.
  var graph: ZipEntry? { zip["\(prefix)models/\(model).json"] }

  /// Tensors of a program: what says where they lie, or from PyTorch 2.8 itself, a checkpoint.
  struct Tensors {
    let folder: String
    let config: ZipEntry?
    let checkpoint: ZipEntry?
  }

  /// The parameters and buffers.
  var weights: Tensors { tensors("weights") }

  /// Tensors that the operations use and the state dict has not.
  var constants: Tensors { tensors("constants") }

  private func tensors(_ kind: String) -> Tensors {
    let folder = "data/\(kind)/"
    return Tensors(
      folder: folder, config: zip["\(prefix)\(folder)\(model)_\(kind)_config.json"],
      checkpoint: zip["\(prefix)\(folder)\(model).pt"])
  }

  private static func model(
    in zip: ZipArchive, _ prefix: String
  ) throws(CheckpointError) -> String {
    let folder = "\(prefix)models/"
    let models = zip.entries.filter { $0.name.hasPrefix(folder) && $0.name.hasSuffix(".json") }
      .map { String($0.name.dropFirst(folder.count).dropLast(".json".count)) }
    guard let model = models.first, models.count == 1 else {
      throw CheckpointError(
        .torchProgram,
        models.isEmpty
          ? "is a program of torch.export without a model's operations"
          : "holds \(models.count) models: \(models.prefix(5).joined(separator: ", "))",
        advice: "save one model with torch.export.save")
    }
    return model
  }

  func place(of key: String) -> String { "\(prefix)\(key)" }

  func storedBytes(
    _ key: String, _ type: TorchStorageType, count: Int
  ) throws(CheckpointError) -> TensorStorage {
    let entry = try entry(key)
    return entry.storage()
  }

  /// The size of a storage in bytes.
  func storageByteCount(_ key: String) throws(CheckpointError) -> Int { try entry(key).size }

  private func entry(_ key: String) throws(CheckpointError) -> ZipEntry {
    guard let entry = zip[place(of: key)] else {
      throw CheckpointError(
        .torchRecordMissing, "its record \(place(of: key)) is not in the archive",
        advice: "the file is incomplete; get it again")
    }
    return entry
  }

  /// Records that are neither the model nor about the archive itself. The example inputs that every
  /// export writes are no part of the model either, and not worth a word each time.
  var otherRecords: [String] {
    let known = ["models/", "data/weights/", "data/constants/", ".data/", "data/sample_inputs/"]
    let bookkeeping = ["archive_format", "archive_version", "byteorder", "version"]
    return zip.entries.map { String($0.name.dropFirst(prefix.count)) }
      .filter { name in
        !known.contains { name.hasPrefix($0) } && !bookkeeping.contains(name)
      }
  }
}
