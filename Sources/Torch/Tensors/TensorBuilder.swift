import Tensors

/// Makes the tensors of a checkpoint from the views that its pickle describes.
struct TensorBuilder {
  private let source: any StorageSource
  private var records: [String: Record] = [:]
  private var made: [TensorView: TensorStorage] = [:]
  private var byteCount = 0
  private let byteLimit: Int
  /// Attributes of tensors that are not carried over, by the tensor's place in the heap.
  var droppedAttributes: [Int: [String]] = [:]

  private struct Record {
    /// What its elements are where it is first named.
    let type: TorchStorageType
    let bytes: TensorStorage
    /// Whether the storage object has been given to a tensor as it is.
    var isTaken = false
    /// How many different tensors are views of it.
    var viewCount = 0

    init(type: TorchStorageType, bytes: TensorStorage) {
      self.type = type
      self.bytes = bytes
    }

    init(of storage: TorchStorage) {
      self.init(type: storage.type, bytes: storage.bytes)
    }
  }

  /// Views make much of little: an expanded scalar of 1 TB takes no space in the file. All
  /// distinct tensors together may have 64 times the file's bytes, or this many where that is
  /// more: a small file of a whole expanded network is legitimate.
  private static let modestByteCount = 1 << 30

  init(_ source: any StorageSource) {
    self.source = source
    byteLimit = max(
      Self.modestByteCount, source.byteCount.multipliedReportingOverflow(by: 64).partialValue)
  }

  /// The storage behind a persistent id.
  mutating func storage(
    _ key: String, _ type: TorchStorageType, count: Int
  ) throws(CheckpointError) -> TorchStorage {
    let record = try record(key, type, count)
    // A storage's size is cut to whole elements when it is seen as a type.
    guard count == record.byteCount / type.elementByteCount else {
      throw CheckpointError(
        .torchStorage,
        "the storage should have \(count) elements of \(type.elementByteCount) bytes, but "
          + "\(source.place(of: key)) has \(record.byteCount) bytes",
        advice: "the file is damaged; get it again")
    }
    return TorchStorage(key, type, record)
  }

  func stored(_ number: Int) -> StoredObject? { source.stored(number) }

  /// The storages that the pickle named, each as the type that it was first named with.
  var storages: [String: TorchStorage] {
    Dictionary(
      uniqueKeysWithValues: records.map { ($0, TorchStorage($0, $1.type, $1.bytes)) })
  }

  private mutating func record(
    _ key: String, _ type: TorchStorageType, _ count: Int
  ) throws(CheckpointError) -> TensorStorage {
    if let known = records[key] { return known.bytes }
    let bytes = try source.storedBytes(key, type, count: count)
    records[key] = Record(type: type, bytes: bytes)
    return bytes
  }

  /// The contiguous little-endian bytes of a view; the same object for the same view.
  mutating func bytes(
    of view: TensorView, in storage: TorchStorage
  ) throws(CheckpointError) -> TensorStorage {
    if let known = made[view] { return known }
    let extent = try view.extent(in: storage.byteEnd)
    let byteCount = try countedBytes(of: view)
    let repair = try ElementRepair(of: view, fromBigEndian: source.isBigEndian)
    let bytes =
      if byteCount == 0 {
        TensorStorage(ByteRegion([]))
      } else if view.isContiguous, let stored = try borrow(extent, of: storage) {
        repair.isNeeded ? TensorStorage(stored, converting: repair.conversion) : stored
      } else {
        Self.compute(byteCount, view, repair, from: storage.bytes)
      }
    made[view] = bytes
    records[storage.key, default: Record(of: storage)].viewCount += 1
    return bytes
  }

  private mutating func countedBytes(of view: TensorView) throws(CheckpointError) -> Int {
    let size: Int
    do throws(CheckpointError) {
      size = try Tensor.byteCount(of: view.scalarType, shape: view.size)
    } catch {
      throw CheckpointError(.torchView, error.reason, advice: "the file is damaged; get it again")
    }
    guard size <= byteLimit - byteCount else {
      throw CheckpointError(
        .limitExceeded,
        "the tensors so far would take more than \(byteLimit) bytes, from a file of "
          + "\(source.byteCount): an expanded view of \(view.size)",
        advice: "save the tensors before they are expanded")
    }
    byteCount += size
    return size
  }

  /// The bytes of a contiguous view as they are stored; nil where only a part of compressed ones is
  /// meant.
  private mutating func borrow(
    _ extent: Range<Int>, of storage: TorchStorage
  ) throws(CheckpointError) -> TensorStorage? {
    if extent == 0..<storage.bytes.byteCount, take(storage) { return storage.bytes }
    guard let region = storage.bytes.region else { return nil }
    let part = try region.slice(from: extent.lowerBound, count: extent.count)
    return TensorStorage(part, of: storage.bytes)
  }

  /// Whether the storage object is free to be a tensor's, which it is once.
  private mutating func take(_ storage: TorchStorage) -> Bool {
    let wasTaken = records[storage.key]?.isTaken ?? false
    records[storage.key, default: Record(of: storage)].isTaken = true
    return !wasTaken
  }

  /// Where the storage lies in place, it is read as it suits the target; where it is compressed, once
  /// from its start to its end, so that it is not in memory beside the tensor. (It is beside windows
  /// that overlap, rows of which can reach over all pieces.)
  private static func compute(
    _ byteCount: Int, _ view: TensorView, _ repair: ElementRepair, from bytes: TensorStorage
  ) -> TensorStorage {
    if bytes.region == nil, !view.isOverlapping {
      return gather(byteCount, view, repair, from: bytes)
    }
    let copy = StridedCopy(view)
    return TensorStorage(computing: byteCount) { target throws(CheckpointError) in
      copy.copy(from: try bytes.verifiedBytes(), to: target)
      repair.apply(to: target)
    }
  }

  private static func gather(
    _ byteCount: Int, _ view: TensorView, _ repair: ElementRepair, from bytes: TensorStorage
  ) -> TensorStorage {
    let copy = ScatteredCopy(view)
    return TensorStorage(computing: byteCount) { target throws(CheckpointError) in
      try bytes.scan(of: TensorStorage.pieceByteCount) { copy.copy($1, at: $0, to: target) }
      repair.apply(to: target)
    }
  }
}

extension TensorBuilder {
  /// The views that share a storage with others, by the bytes made of them. Most storages have one.
  var shared: [ObjectIdentifier: TensorView] {
    var shared: [ObjectIdentifier: TensorView] = [:]
    for (view, bytes) in made
    where bytes.byteCount > 0 && (records[view.record]?.viewCount ?? 0) > 1 {
      shared[ObjectIdentifier(bytes)] = view
    }
    return shared
  }
}

extension ScatteredCopy {
  /// The elements of a view that has some, in row-major order.
  fileprivate init(_ view: TensorView) {
    let elementSize = view.scalarType.byteCount
    // The stride of a dimension of size one means nothing, and was not checked.
    let strides = zip(view.size, view.stride).map { $0 == 1 ? 0 : $1 * elementSize }
    self.init(
      shape: view.size, from: Layout(start: view.offset * elementSize, strides: strides),
      to: Layout(rowMajor: view.size, elementSize: elementSize), elementSize: elementSize)
  }
}
