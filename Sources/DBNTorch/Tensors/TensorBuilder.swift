import DBNTensors

/// Makes the tensors of a checkpoint from the views that its pickle describes.
struct TensorBuilder {
  private let source: any StorageSource
  /// The storages that were named, with the type that each was first named with.
  private(set) var storages = StorageTable()
  /// The tensors that don't use a whole storage unchanged.
  private var made: [TensorView: TensorStorage] = [:]
  private var shapes = OneEntryCache<[Int]>()
  /// The bytes of compressed storages that have views, by the storages' indices.
  private var unpacked: [Int: UnpackedBytes] = [:]
  private var unpackedByteCount = 0
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
    let bytes = try compute(byteCount, view, extent, repair, of: index)
    made[view] = bytes
    return bytes
  }

  private mutating func compute(
    _ byteCount: Int, _ view: TensorView, _ extent: Range<Int>, _ repair: ElementRepair,
    of index: Int
  ) throws(CheckpointError) -> TensorStorage {
    guard byteCount > 0 else { return TensorStorage(ByteRegion([])) }
    let bytes = storages[index].bytes
    let stored =
      if view.isContiguous, let part = try Self.part(extent, of: bytes, repair.isNeeded) {
        part
      } else {
        TensorStorage(StridedBytes(view.elements, of: try unpacked(index)))
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
      throw tooLarge(
        "the tensors up to this one, of shape \(view.size),",
        advice: "save the tensors before they are expanded")
    }
    byteCount += size
    return size
  }

  private func tooLarge(_ what: String, advice: Guidance) -> CheckpointError {
    CheckpointError(
      .limitExceeded,
      "\(what) would take more than \(byteLimit) bytes, from a file of \(source.byteCount)",
      advice: advice)
  }

  /// The bytes of a storage, for one more view. Compressed ones with several are decompressed into
  /// temporary files, which together may be as large as the tensors.
  private mutating func unpacked(_ index: Int) throws(CheckpointError) -> UnpackedBytes {
    let bytes = storages[index].bytes
    guard !bytes.isInPlace else { return UnpackedBytes(bytes) }
    let shared = unpacked[index] ?? UnpackedBytes(bytes)
    unpacked[index] = shared
    guard shared.addView() == 2 else { return shared }
    guard bytes.byteCount <= byteLimit - unpackedByteCount else {
      throw tooLarge(
        "the compressed storages that several tensors share",
        advice: "unpack the archive and zip it again with 'zip -0 -r'")
    }
    unpackedByteCount += bytes.byteCount
    return shared
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
