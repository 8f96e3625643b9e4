import Tensors

/// Makes the tensors of a checkpoint from the views that its pickle describes.
struct TensorBuilder {
  private let source: any StorageSource
  private var records: [String: StoredBytes] = [:]
  private var made: [TensorView: (bytes: TensorStorage, extent: Range<Int>)] = [:]
  /// Records whose own storage object has been given to a tensor.
  private var taken: Set<String> = []
  private var byteCount = 0
  private let byteLimit: Int
  /// The tensors' views and the bytes of the storage that they reach, by place in the heap.
  private(set) var views: [Int: (view: TensorView, extent: Range<Int>)] = [:]
  /// Attributes of tensors that are not carried over, by the tensor's place in the heap.
  var droppedAttributes: [Int: [String]] = [:]

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
    guard count == record.bytes.byteCount / type.elementByteCount else {
      throw CheckpointError(
        .torchStorage,
        "the storage should have \(count) elements of \(type.elementByteCount) bytes, but "
          + "\(source.place(of: key)) has \(record.bytes.byteCount) bytes",
        advice: "the file is damaged; get it again")
    }
    return TorchStorage(key, type, record)
  }

  func stored(_ number: Int) -> StoredObject? { source.stored(number) }

  private mutating func record(
    _ key: String, _ type: TorchStorageType, _ count: Int
  ) throws(CheckpointError) -> StoredBytes {
    if let known = records[key] { return known }
    let record = try source.storedBytes(key, type, count: count)
    records[key] = record
    return record
  }

  /// The contiguous little-endian bytes of a view; the same object for the same view.
  mutating func bytes(
    of view: TensorView, in storage: TorchStorage
  ) throws(CheckpointError) -> TensorStorage {
    if let known = made[view] { return known.bytes }
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
    made[view] = (bytes, extent)
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
    if extent == 0..<storage.bytes.byteCount, taken.insert(storage.key).inserted {
      return storage.bytes
    }
    guard let region = storage.region else { return nil }
    let part = try region.slice(from: extent.lowerBound, count: extent.count)
    return TensorStorage(part, of: storage.bytes)
  }

  private static func compute(
    _ byteCount: Int, _ view: TensorView, _ repair: ElementRepair, from bytes: TensorStorage
  ) -> TensorStorage {
    let copy = StridedCopy(view)
    return TensorStorage(computing: byteCount) { target throws(CheckpointError) in
      copy.copy(from: try bytes.verifiedBytes(), to: target)
      repair.apply(to: target)
    }
  }
}

extension TensorBuilder {
  /// Keeps which view the tensor at a place of the heap is, for the notes.
  mutating func remember(_ view: TensorView, ofLeaf leaf: Int) {
    views[leaf] = made[view].map { (view, $0.extent) }
  }

  mutating func copyNotes(ofLeaf old: Int, toLeaf new: Int) {
    views[new] = views[old]
    droppedAttributes[new] = droppedAttributes[old]
  }
}
