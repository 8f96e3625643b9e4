import DBNTensors

/// A checkpoint from PyTorch 0.1.10 to 1.5: pickles of a magic number, a version, properties of the
/// machine, the object and the storages' keys; then for each storage its element count and bytes.
///
/// Only the object's pickle has the type of each storage, which determines where the next storage
/// starts. So that pickle is run twice, first to find the storages, then to make the tensors. The
/// bytes are little-endian whatever machine wrote them. Source: `torch/serialization.py`
/// (`_legacy_load`), `torch/csrc/serialization.cpp`.
struct LegacyFile: StorageSource {
  let byteCount: Int
  let isBigEndian = false
  /// The object's pickle.
  let pickle: ByteRegion
  /// The bytes after the last storage.
  let trailingByteCount: Int
  private let storages: StorageTable

  /// 0x1950a86a20f9469cfc6c as pickled by protocols 2 and later, and by protocols 0 and 1.
  private static let magic: [UInt8] = [
    0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
  ]
  private static let textMagic = Array("L119547037146038801333356L\n.".utf8)
  private static let version = 1001

  static func recognises(_ file: ByteRegion) -> Bool {
    guard let start = try? file.slice(from: 0, count: min(file.count, 32)).array else {
      return false
    }
    // The number can be preceded by the protocol and the length of the frame.
    return [0, 2, 11].contains { start.dropFirst($0).starts(with: magic) }
      || start.starts(with: textMagic)
  }

  /// - Parameter isNested: whether the file is inside a pickle.
  init(
    _ file: ByteRegion, _ options: ReadingOptions, isNested: Bool = false
  ) throws(CheckpointError) {
    byteCount = file.count
    var pickles = PickleSequence(file, isNested: isNested)
    _ = try pickles.next()
    try Self.checkHeader(&pickles)
    let (pickle, surveyed) = try Self.survey(&pickles, file, options)
    self.pickle = pickle
    storages = try Self.storages(surveyed, &pickles)
    trailingByteCount = pickles.reader.remaining
  }

  /// The object's pickle and the storages that it names; everything else in it is dropped.
  private static func survey(
    _ pickles: inout PickleSequence, _ file: ByteRegion, _ options: ReadingOptions
  ) throws(CheckpointError) -> (pickle: ByteRegion, storages: StorageTable) {
    let object = try pickles.next(LegacySurvey(file: file), options: options)
    return (object.bytes, object.machine.tensors.storages)
  }

  private static func checkHeader(_ pickles: inout PickleSequence) throws(CheckpointError) {
    let offset = pickles.reader.fileOffset
    let version = try pickles.nextCount("the version of the format")
    guard version == Self.version else {
      throw CheckpointError(
        .torchVersion, offset: offset, "version \(version) of the format is not known",
        advice: "save it again with another version of PyTorch")
    }
    let facts = pickles.reader.fileOffset
    let value = try pickles.next().value
    guard case .dictionary = value else {
      throw PickleSequence.wrong("a dictionary about the machine that wrote the file", facts)
    }
  }

  /// The bytes of each storage.
  private static func storages(
    _ surveyed: StorageTable, _ pickles: inout PickleSequence
  ) throws(CheckpointError) -> StorageTable {
    let (keys, heap) = try pickles.nextElements("the list of the storages' keys")
    var storages = StorageTable()
    storages.reserveCapacity(surveyed.count)
    for index in 0..<keys.count {
      let offset = pickles.reader.fileOffset
      guard let key = heap.key(keys[index])?.description, let found = surveyed.place(of: key) else {
        throw CheckpointError(
          .torchStorage, offset: offset,
          "storage number \(index) is not used by any tensor of the checkpoint",
          advice: "the file is damaged; get it again")
      }
      let storage = surveyed[found]
      let bytes = TensorStorage(try bytes(of: storage, &pickles.reader))
      guard storages.enter(TorchStorage(key, storage.type, bytes)) == index else {
        throw CheckpointError(
          .torchStorage, offset: offset, "the storage \(key) is in the file twice",
          advice: "the file is damaged or malicious; get it again")
      }
    }
    return storages
  }

  private static func bytes(
    of storage: StorageTable.Record, _ reader: inout ByteReader
  ) throws(CheckpointError) -> ByteRegion {
    let offset = reader.fileOffset
    let count = try reader.readCount(Int64.self)
    let size = storage.type.elementByteCount
    guard count == storage.bytes.byteCount / size else {
      throw CheckpointError(
        .torchStorage, offset: offset,
        "the storage \(storage.key) should have \(storage.bytes.byteCount / size) elements, but "
          + "has \(count)",
        advice: "the file is damaged; get it again")
    }
    try reader.readRegion(count: 0).release()
    return try reader.readRegion(count: storage.bytes.byteCount)
  }

  var roomyStorageCount: Int { storages.count }

  func storedBytes(
    _ key: String, _ type: TorchStorageType, count: Int
  ) throws(CheckpointError) -> TensorStorage {
    guard let index = storages.place(of: key) else {
      throw CheckpointError(
        .torchRecordMissing, "its storage \(key) is not in the file",
        advice: "the file is incomplete; get it again")
    }
    return storages[index].bytes
  }

  func location(of key: String) -> String { "the storage \(key)" }
}

/// Accepts every storage that a pickle names, to collect them.
private struct LegacySurvey: StorageSource {
  let file: ByteRegion
  let isBigEndian = false

  var byteCount: Int { file.count }

  func storedBytes(
    _ key: String, _ type: TorchStorageType, count: Int
  ) throws(CheckpointError) -> TensorStorage {
    let (size, overflow) = count.multipliedReportingOverflow(by: type.elementByteCount)
    guard count >= 0, !overflow, let someBytes = try? file.slice(from: 0, count: size) else {
      throw CheckpointError(
        .torchStorage,
        "the storage \(key) of \(count) elements is larger than the file of \(byteCount) bytes",
        advice: "the file is cut short or damaged; get it again")
    }
    // The right number of bytes; their offset is not known yet.
    return TensorStorage(someBytes)
  }

  func location(of key: String) -> String { "the storage \(key)" }
}
