import DBNTensors
import DBNZip

/// The records of a zip checkpoint from `torch.save` in PyTorch 1.6 and later.
///
/// Source: `torch/serialization.py`, `caffe2/serialize/inline_container.cc`.
struct TorchArchive: StorageSource {
  let byteCount: Int
  let isBigEndian: Bool
  let pickle: ByteRegion
  /// The name of the pickle's record.
  let pickleName: String
  /// The conversions that led to the file, if this toolkit wrote it.
  let history: [JSON]
  /// The model's operations, if the file has them.
  let graph: String?
  /// Epsilon and momentum of BatchNorms, if the file has them.
  let batchNormSettings: BatchNormSettingsTable
  /// The classes of a TorchScript program; nil for a checkpoint from `torch.save`.
  let script: ScriptClasses?
  /// The pickle of a TorchScript program's constants.
  let constants: ByteRegion?
  let zip: ZipArchive
  /// Whether the pickle has a checksum: then storages without one were not written (`skip_data`),
  /// or only later, in place.
  private let hasChecksums: Bool
  /// The folder of all records, with its slash: the stem of the original file's name.
  private let prefix: String
  /// The folder of the storages.
  private var storages = TorchRecord.storages
  /// Whether storages may be missing, because the file's end is.
  private let salvages: Bool

  init(
    _ file: ByteRegion, _ zip: ZipArchive, salvages: Bool = false
  ) throws(CheckpointError) {
    byteCount = file.count
    self.salvages = salvages
    self.zip = zip
    prefix = zip.commonFolder
    let isProgram = Self.isProgram(zip, prefix)
    pickleName = "\(prefix)\(TorchRecord.pickle)"
    if isProgram, zip[pickleName] == nil { throw Self.oldProgram }
    if isProgram, zip.isSalvaged { throw Self.cutProgram }
    constants = isProgram ? try zip["\(prefix)\(TorchRecord.constants)"]?.content() : nil
    script = isProgram ? try ScriptClasses(zip, prefix) : nil
    guard let pickle = zip[pickleName] else { throw Self.noPickle(zip, prefix) }
    try Self.checkVersion(zip["\(prefix)\(TorchRecord.version)"])
    isBigEndian = try zip.isBigEndian(prefix)
    self.pickle = try pickle.content()
    hasChecksums = pickle.crc32 != nil
    history = try Self.history(zip["\(prefix)\(TorchRecord.history)"])
    graph = try zip["\(prefix)\(TorchRecord.graph)"]?.wholeText()
    batchNormSettings = try Self.settings(zip["\(prefix)\(TorchRecord.batchNorms)"])
  }

  private static func history(_ entry: ZipEntry?) throws(CheckpointError) -> [JSON] {
    guard let entry else { return [] }
    do throws(CheckpointError) {
      let json = try JSON(parsing: entry.content())
      guard let history = json.array else {
        throw CheckpointError(.invalidJSON, "the history of conversions is not an array")
      }
      return history
    } catch {
      throw error.with(name: entry.name)
    }
  }

  private static func settings(
    _ entry: ZipEntry?
  ) throws(CheckpointError) -> BatchNormSettingsTable {
    guard let entry else { return BatchNormSettingsTable() }
    do throws(CheckpointError) {
      guard let settings = BatchNormSettingsTable(try JSON(parsing: entry.content())) else {
        throw CheckpointError(
          .invalidJSON, "the settings of BatchNorms do not have the form that dbn-convert writes")
      }
      return settings
    } catch {
      throw error.with(name: entry.name)
    }
  }

  var roomyStorageCount: Int { zip.entries.count }

  func location(of key: String) -> String { "\(prefix)\(storages)\(key)" }

  /// The source of the storages of a program's constants.
  var ofConstants: TorchArchive {
    var archive = self
    archive.storages = TorchRecord.constantStorages
    return archive
  }

  func storedBytes(
    _ key: String, _ type: TorchStorageType, count: Int
  ) throws(CheckpointError) -> TensorStorage {
    guard let entry = zip[location(of: key)] else {
      if salvages { return try remains(of: key, type, count: count) }
      throw CheckpointError(
        .torchRecordMissing, "its record \(location(of: key)) is not in the archive",
        advice: "the file is incomplete; get it again")
    }
    return entry.storage(named: "\(storages)\(key)", othersHaveChecksums: hasChecksums)
  }
}

extension TorchArchive {
  /// Whether the archive is a TorchScript program, from `torch.jit.save`.
  private static func isProgram(_ zip: ZipArchive, _ prefix: String) -> Bool {
    zip["\(prefix)\(TorchRecord.constants)"] != nil
      || zip.entries.contains { $0.name.hasPrefix("\(prefix)code/") }
  }

  /// The code, which says what the modules hold, comes after the weights.
  private static let cutProgram = CheckpointError(
    .torchProgram, "is a TorchScript program without its end, where it says what its weights are",
    advice: "get the file again")

  private static let oldProgram = CheckpointError(
    .torchProgram,
    "is a TorchScript program from before PyTorch 1.4, whose weights are not read",
    advice: "save its weights: torch.save(torch.jit.load(path).state_dict(), other)")

  private static func noPickle(_ zip: ZipArchive, _ prefix: String) -> CheckpointError {
    let isCheckpoint = zip.entries.contains {
      $0.name.hasPrefix("\(prefix)\(TorchRecord.storages)")
    }
    guard isCheckpoint, !prefix.isEmpty else {
      return CheckpointError(
        .notATorchCheckpoint,
        "is a zip archive without a \(TorchRecord.pickle), so not a PyTorch checkpoint",
        advice: "give a file that torch.save wrote")
    }
    return CheckpointError(
      .torchRecordMissing, "the record \(prefix)\(TorchRecord.pickle) is not in the archive",
      advice: "the file is incomplete; get it again")
  }

  /// Accepts versions 1 to 10 (`kMinSupportedFileFormatVersion`, `kMaxSupportedFileFormatVersion`).
  private static func checkVersion(_ entry: ZipEntry?) throws(CheckpointError) {
    guard let entry else { return }
    let text = try entry.text()
    guard let version = Int(text), 1...10 ~= version else {
      throw CheckpointError(
        .torchVersion, name: entry.name, "version '\(text)' of the format is not known",
        advice: "save it again with another version of PyTorch")
    }
  }
}

extension ZipArchive {
  /// The folder of all records, found as in PyTorch's reader: the first record's name up to and
  /// including its first slash.
  var commonFolder: String {
    guard let name = entries.first?.name, let slash = name.firstIndex(of: "/") else { return "" }
    return String(name[...slash])
  }

  /// Whether the record `byteorder` is `big`; false if there is none.
  func isBigEndian(_ prefix: String) throws(CheckpointError) -> Bool {
    guard let entry = self["\(prefix)\(TorchRecord.byteOrder)"] else { return false }
    switch try entry.text() {
    case TorchRecord.littleEndian: return false
    case TorchRecord.bigEndian: return true
    case let other:
      throw CheckpointError(
        .torchByteOrder, name: entry.name, "'\(other)' is not a byte order",
        advice: "the file is damaged; get it again")
    }
  }
}

extension ZipEntry {
  /// The whole record as text.
  func wholeText() throws(CheckpointError) -> String {
    guard let text = String(validating: try content().array, as: UTF8.self) else {
      throw CheckpointError(.invalidText, name: name, "the record is not valid UTF-8")
    }
    return text
  }

  /// A small record's text without the newline.
  fileprivate func text() throws(CheckpointError) -> String {
    let bytes = try content().array
    return String(decoding: bytes.prefix(32).filter { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }
}
