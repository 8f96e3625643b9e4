import DBNTensors

/// A checkpoint from PyTorch before 0.1.10: a tar archive with the members `storages`, `tensors`
/// and `pickle`, where the pickle refers to the others by number.
///
/// Source: `torch/serialization.py` (`legacy_load` in `_legacy_load`).
struct TarCheckpoint: StorageSource {
  let byteCount: Int
  let isBigEndian = false
  let pickle: ByteRegion
  private var objects: [Int: StoredObject] = [:]

  init(_ file: ByteRegion) throws(CheckpointError) {
    byteCount = file.count
    let archive = try TarArchive(file)
    pickle = try archive.member("pickle")
    try readStorages(archive.member("storages"))
    try readTensors(archive.member("tensors"))
  }

  /// Reads a count; for each storage `(key, location, type)`, its element count and its bytes; and
  /// a list of the views that share another storage's bytes, `(key, root, offset, count)`.
  private mutating func readStorages(_ member: ByteRegion) throws(CheckpointError) {
    var pickles = PickleSequence(member)
    for _ in 0..<(try pickles.nextCount("the number of storages")) {
      let (fields, heap) = try pickles.nextElements("a storage's key, location and type", count: 3)
      guard case .global(let index) = fields[2],
        case .storageType(let type) = heap.globals[index].role
      else { throw fields.wrong(2, "a storage's type", heap) }
      let key = try fields.int(0, heap)
      try add(key, .storage(Self.storage("\(key)", type, &pickles.reader)))
    }
    let (views, heap) = try pickles.nextElements("the list of views of storages")
    for index in 0..<views.count {
      let view = PickleArguments(of: views.function, try views.elements(index, heap))
      try addView(view, heap)
    }
  }

  private static func storage(
    _ key: String, _ type: TorchStorageType, _ reader: inout ByteReader
  ) throws(CheckpointError) -> TorchStorage {
    let count = try reader.readCount(Int64.self)
    let (size, overflow) = count.multipliedReportingOverflow(by: type.elementByteCount)
    try reader.readRegion(count: 0).release()
    let region = try reader.readRegion(count: overflow ? .max : size)
    return TorchStorage(key, type, TensorStorage(region))
  }

  private mutating func addView(
    _ view: PickleArguments, _ heap: PickleHeap
  ) throws(CheckpointError) {
    try view.check(4...4)
    var storage = try storage(view.int(1, heap))
    let (offset, count) = (try view.int(2, heap), try view.int(3, heap))
    guard offset >= 0, count >= 0, offset <= storage.elements.count,
      count <= storage.elements.count - offset
    else {
      throw CheckpointError(
        .torchStorage,
        "\(count) elements from \(offset) on do not fit in a storage of \(storage.elements.count)",
        advice: "the file is damaged; get it again")
    }
    let start = storage.elements.lowerBound + offset
    storage.elements = start..<start + count
    try add(view.int(0, heap), .storage(storage))
  }

  /// Reads a count; and for each tensor `(key, storage, type)`, the number of its dimensions, its
  /// sizes, its strides and its offset.
  private mutating func readTensors(_ member: ByteRegion) throws(CheckpointError) {
    var pickles = PickleSequence(member)
    for _ in 0..<(try pickles.nextCount("the number of tensors")) {
      let (fields, heap) = try pickles.nextElements("a tensor's key, storage and type", count: 3)
      let storage = try storage(fields.int(1, heap))
      let view = try Self.view(of: storage, &pickles.reader)
      try add(fields.int(0, heap), .tensor(view, storage))
    }
  }

  private static func view(
    of storage: TorchStorage, _ reader: inout ByteReader
  ) throws(CheckpointError) -> TensorView {
    let offset = reader.fileOffset
    let rank = try reader.readCount(Int32.self)
    guard rank <= TensorView.maximumRank, let type = storage.type.scalarType else {
      throw CheckpointError(
        .torchView, offset: offset,
        "a tensor has \(rank) dimensions (64 are allowed), or an unknown type",
        advice: "the file is damaged; get it again")
    }
    // The number had eight bytes in earlier versions.
    try reader.skip(4)
    var numbers: [Int] = []
    for _ in 0..<2 * rank + 1 { numbers.append(Int(try reader.read(Int64.self))) }
    let (start, overflow) = numbers[2 * rank].addingReportingOverflow(storage.elements.lowerBound)
    return TensorView(
      record: storage.key, scalarType: type, offset: overflow ? .max : start,
      size: Array(numbers[..<rank]), stride: Array(numbers[rank..<2 * rank]), isConjugate: false,
      isNegative: false)
  }

  private func storage(_ key: Int) throws(CheckpointError) -> TorchStorage {
    guard case .storage(let storage) = objects[key] else {
      throw CheckpointError(
        .torchRecordMissing, "the storage \(key) is not in the archive",
        advice: "the file is incomplete; get it again")
    }
    return storage
  }

  private mutating func add(_ key: Int, _ object: StoredObject) throws(CheckpointError) {
    guard objects.updateValue(object, forKey: key) == nil else {
      throw CheckpointError(
        .torchStorage, "two storages or tensors have the key \(key)",
        advice: "the file is damaged or malicious; get it again")
    }
  }

  func stored(_ number: Int) -> StoredObject? { objects[number] }

  func storedBytes(
    _ key: String, _ type: TorchStorageType, count: Int
  ) throws(CheckpointError) -> TensorStorage {
    throw CheckpointError(
      .picklePersistentID, "a storage is named as in later formats of PyTorch",
      advice: "the file is damaged; get it again")
  }

  func location(of key: String) -> String { "storages" }
}
