import DBNTensors

/// Makes the tensors of a checkpoint from the views that its pickle describes.
struct TensorBuilder {
  private let source: any StorageSource
  /// The storages that were named, with the type that each was first named with.
  private(set) var storages = StorageTable()
  /// The tensors that don't use a whole storage unchanged.
  private var made: [TensorView: TensorStorage] = [:]
  private var shapes = OneEntryCache<[Int]>()
  private var byteCount = 0
  private let byteLimit: Int
  /// Dropped attributes of tensors, by the tensor's index in the heap.
  var droppedAttributes: [Int: [String]] = [:]

  /// A view can be far larger than its bytes: a scalar expanded to 1 TB takes no space in the file.
  /// All distinct tensors together may have 64 times the file's bytes, or this many if that is
  /// more: a small file with a whole expanded network is legitimate.
  private static let modestByteCount = 1 << 30

  var isBigEndian: Bool { source.isBigEndian }

  init(_ source: any StorageSource) {
    self.source = source
    storages.reserveCapacity(source.roomyStorageCount)
    byteLimit = max(
      Self.modestByteCount, source.byteCount.multipliedReportingOverflow(by: 64).partialValue)
  }

  /// The storage that a persistent id refers to.
  mutating func storage(
    _ key: String, _ type: TorchStorageType, count: Int
  ) throws(CheckpointError) -> TorchStorage {
    let bytes = try storedBytes(key, type, count)
    // PyTorch rounds the size of a storage down to whole elements when its type is changed.
    guard count == bytes.byteCount / type.elementByteCount else {
      throw CheckpointError(
        .torchStorage,
        "the storage should have \(count) elements of \(type.elementByteCount) bytes, but "
          + "\(source.location(of: key)) has \(bytes.byteCount) bytes",
        advice: "the file is damaged; get it again")
    }
    return TorchStorage(key, type, bytes)
  }

  func stored(_ number: Int) -> StoredObject? { source.stored(number) }

  private mutating func storedBytes(
    _ key: String, _ type: TorchStorageType, _ count: Int
  ) throws(CheckpointError) -> TensorStorage {
    if let known = storages.place(of: key) { return storages[known].bytes }
    let bytes = try source.storedBytes(key, type, count: count)
    _ = storages.enter(TorchStorage(key, type, bytes))
    return bytes
  }

  /// The tensor with a view; the same view always returns the same storage object.
  mutating func tensor(
    _ view: TensorView, in storage: TorchStorage, requiresGrad: Bool = false
  ) throws(CheckpointError) -> Tensor {
    var view = view
    view.size = shapes.shared(view.size)
    return try Tensor(
      view.scalarType, shape: view.size, storage: bytes(of: view, in: storage),
      requiresGrad: requiresGrad)
  }

  /// The contiguous little-endian bytes of a view.
  private mutating func bytes(
    of view: TensorView, in storage: TorchStorage
  ) throws(CheckpointError) -> TensorStorage {
    let extent = try view.extent(in: storage.byteEnd)
    // Takes no memory, however large it is, and is never written.
    if storage.bytes.isLost { return .lost(byteCount: try byteCount(of: view)) }
    let repair = try ElementRepair(of: view, fromBigEndian: source.isBigEndian)
    let isStored =
      view.isContiguous && extent == 0..<storage.bytes.byteCount && !repair.isNeeded
    let index = storages.enter(storage)
    if isStored, storages[index].isTaken(by: view) { return storage.bytes }
    if let known = made[view] { return known }
    let byteCount = try countedBytes(of: view)
    storages[index].countView()
    if isStored, storages[index].take(view) { return storage.bytes }
    let bytes = try compute(byteCount, view, extent, repair, from: storage.bytes)
    made[view] = bytes
    return bytes
  }

  private func compute(
    _ byteCount: Int, _ view: TensorView, _ extent: Range<Int>, _ repair: ElementRepair,
    from bytes: TensorStorage
  ) throws(CheckpointError) -> TensorStorage {
    guard byteCount > 0 else { return TensorStorage(ByteRegion([])) }
    guard view.isContiguous, let stored = try Self.part(extent, of: bytes, repair.isNeeded) else {
      return Self.compute(byteCount, view, repair, from: bytes)
    }
    return repair.isNeeded ? TensorStorage(stored, converting: repair.conversion) : stored
  }

  private func byteCount(of view: TensorView) throws(CheckpointError) -> Int {
    do throws(CheckpointError) {
      return try Tensor.byteCount(of: view.scalarType, shape: view.size)
    } catch {
      throw CheckpointError(.torchView, error.reason, advice: "the file is damaged; get it again")
    }
  }

  private mutating func countedBytes(of view: TensorView) throws(CheckpointError) -> Int {
    let size = try byteCount(of: view)
    guard size <= byteLimit - byteCount else {
      throw CheckpointError(
        .limitExceeded,
        "the tensors up to this one, of shape \(view.size), would take more than \(byteLimit) "
          + "bytes, from a file of \(source.byteCount)",
        advice: "save the tensors before they are expanded")
    }
    byteCount += size
    return size
  }

  /// The stored bytes of a contiguous view; nil if the view is only a part of a compressed storage.
  ///
  /// - Parameter isConverted: whether the bytes are converted, so that the storage object can be
  ///   the source.
  private static func part(
    _ extent: Range<Int>, of bytes: TensorStorage, _ isConverted: Bool
  ) throws(CheckpointError) -> TensorStorage? {
    if isConverted, extent == 0..<bytes.byteCount { return bytes }
    guard let region = bytes.region else { return nil }
    let part = try region.slice(from: extent.lowerBound, count: extent.count)
    return TensorStorage(part, of: bytes)
  }

  /// Computes the bytes of a strided view. An uncompressed storage is read in the order of the
  /// target. A compressed storage is read once from start to end, so that storage and tensor are
  /// never in memory together. Overlapping windows are an exception: each row can need
  /// any part of the storage, which then must be in memory as a whole.
  private static func compute(
    _ byteCount: Int, _ view: TensorView, _ repair: ElementRepair, from bytes: TensorStorage
  ) -> TensorStorage {
    if bytes.region == nil, !view.isOverlapping {
      return gather(byteCount, view, repair, from: bytes)
    }
    let copy = StridedCopy(view)
    return TensorStorage(computing: byteCount, from: bytes) { target throws(CheckpointError) in
      copy.copy(from: try bytes.bytes(), to: target)
      repair.apply(to: target)
    }
  }

  private static func gather(
    _ byteCount: Int, _ view: TensorView, _ repair: ElementRepair, from bytes: TensorStorage
  ) -> TensorStorage {
    let copy = ScatteredCopy(view)
    return TensorStorage(computing: byteCount, from: bytes) { target throws(CheckpointError) in
      try bytes.read(pieces: TensorStorage.pieceByteCount) { copy.copy($1, at: $0, to: target) }
      repair.apply(to: target)
    }
  }
}

extension TensorBuilder {
  /// The views that share a storage with others, by the bytes made from them. Most storages have
  /// one view.
  var shared: [ObjectIdentifier: TensorView] {
    var shared: [ObjectIdentifier: TensorView] = [:]
    for (view, bytes) in made
    where bytes.byteCount > 0
      && storages.place(of: view.record).map({ storages[$0].isShared }) ?? false
    {
      shared[ObjectIdentifier(bytes)] = view
    }
    for record in storages where record.isShared && record.bytes.byteCount > 0 {
      if let view = record.wholeView { shared[ObjectIdentifier(record.bytes)] = view }
    }
    return shared
  }
}

extension ScatteredCopy {
  /// Makes a copy of a non-empty view's elements to row-major order.
  fileprivate init(_ view: TensorView) {
    let elementSize = view.scalarType.byteCount
    // The stride of a dimension of size one is meaningless and was not checked.
    let strides = zip(view.size, view.stride).map { $0 == 1 ? 0 : $1 * elementSize }
    self.init(
      shape: view.size, from: Layout(start: view.offset * elementSize, strides: strides),
      to: Layout(rowMajor: view.size, elementSize: elementSize), elementSize: elementSize)
  }
}
