import DBNTensors
import DBNZip

/// The records of a `.pt2` file from `torch.export.save`: a model's operations as JSON, its weights
/// and its constants.
///
/// Source: `torch/export/pt2_archive/constants.py`, `_package.py`.
struct ProgramArchive: StorageSource {
  let byteCount: Int
  let isBigEndian: Bool
  private let zip: ZipArchive
  /// The folder of all records, with its slash.
  private let prefix: String
  /// The model's name, which its records have.
  private let model: String

  private static let modelFolder = "models/"
  private static let modelExtension = ".json"
  private static let weights = "weights"
  private static let constants = "constants"

  private static func folder(of kind: String) -> String { "data/\(kind)/" }

  init(_ file: ByteRegion, _ zip: ZipArchive) throws(CheckpointError) {
    byteCount = file.count
    self.zip = zip
    prefix = zip.commonFolder
    model = try Self.model(in: zip, prefix)
    isBigEndian = try zip.isBigEndian(prefix)
  }

  /// Whether an archive has a model's operations; those from `torch.save`, and archives with only
  /// compiled code, don't.
  static func recognises(_ zip: ZipArchive) -> Bool {
    let folder = zip.commonFolder + modelFolder
    return zip.entries.contains { $0.name.hasPrefix(folder) }
  }

  /// Whether what is left of an archive is the beginning of a program.
  static func beginsProgram(_ zip: ZipArchive) -> Bool {
    let folder = zip.commonFolder + Self.folder(of: weights)
    return zip.isSalvaged && zip.entries.first?.name.hasPrefix(folder) == true
  }

  /// The operations, as PyTorch wrote them.
  var graph: ZipEntry? { zip["\(prefix)\(Self.modelFolder)\(model)\(Self.modelExtension)"] }

  /// The tensors of a program: a list of their records, or in files from PyTorch 2.8, a checkpoint.
  struct Tensors {
    let folder: String
    let config: ZipEntry?
    let checkpoint: ZipEntry?
  }

  /// The parameters and buffers.
  var weights: Tensors { tensors(Self.weights) }

  /// Tensors that the operations use and that are not in the state dict.
  var constants: Tensors { tensors(Self.constants) }

  private func tensors(_ kind: String) -> Tensors {
    let folder = Self.folder(of: kind)
    return Tensors(
      folder: folder, config: zip["\(prefix)\(folder)\(model)_\(kind)_config.json"],
      checkpoint: zip["\(prefix)\(folder)\(model).pt"])
  }

  private static func model(
    in zip: ZipArchive, _ prefix: String
  ) throws(CheckpointError) -> String {
    if zip.isSalvaged { return try modelOfWeights(in: zip, prefix) }
    let folder = prefix + modelFolder
    let models = zip.entries.filter {
      $0.name.hasPrefix(folder) && $0.name.hasSuffix(modelExtension)
    }
    .map { String($0.name.dropFirst(folder.count).dropLast(modelExtension.count)) }
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

  /// The model's name by the list of its weights.
  private static func modelOfWeights(
    in zip: ZipArchive, _ prefix: String
  ) throws(CheckpointError) -> String {
    let folder = prefix + Self.folder(of: weights)
    let end = "_\(weights)_config.json"
    let list = zip.entries.first { $0.name.hasPrefix(folder) && $0.name.hasSuffix(end) }
    guard let list else {
      throw CheckpointError(
        .torchProgram,
        "is a program of torch.export without its end, where it says what its weights are",
        advice: "get the file again")
    }
    return String(list.name.dropFirst(folder.count).dropLast(end.count))
  }

  func location(of key: String) -> String { "\(prefix)\(key)" }

  func storedBytes(
    _ key: String, _ type: TorchStorageType, count: Int
  ) throws(CheckpointError) -> TensorStorage {
    let entry = try entry(key)
    return entry.storage()
  }

  /// The size of a storage in bytes.
  func storageByteCount(_ key: String) throws(CheckpointError) -> Int { try entry(key).size }

  private func entry(_ key: String) throws(CheckpointError) -> ZipEntry {
    guard let entry = zip[location(of: key)] else {
      throw CheckpointError(
        .torchRecordMissing, "its record \(location(of: key)) is not in the archive",
        advice: "the file is incomplete; get it again")
    }
    return entry
  }

  /// Records that belong neither to the model nor to the archive format. The example inputs that
  /// every export writes are not listed, because they need no note.
  var otherRecords: [String] {
    let known = [
      Self.modelFolder, Self.folder(of: Self.weights), Self.folder(of: Self.constants),
      TorchRecord.archiveData, Self.folder(of: "sample_inputs"),
    ]
    let bookkeeping = [
      "archive_format", "archive_version", TorchRecord.byteOrder, TorchRecord.version,
    ]
    return zip.entries.map { String($0.name.dropFirst(prefix.count)) }
      .filter { name in
        !known.contains { name.hasPrefix($0) } && !bookkeeping.contains(name)
      }
  }
}
