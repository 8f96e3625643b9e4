import DBNTensors

/// The storages that a checkpoint names, by key, and what is known about the tensors that are views
/// of them.
struct StorageTable: RandomAccessCollection {
  /// A storage's record. The members are ordered to avoid padding, because there can be very many.
  struct Record {
    let key: String
    let bytes: TensorStorage
    /// The shape and type of the one tensor that uses the storage object itself.
    private var shape: [Int]?
    private var scalarType: ScalarType?
    /// The type of its elements when it is first named.
    let type: TorchStorageType
    private var isViewed = false
    /// Whether different tensors are views of it.
    private(set) var isShared = false

    fileprivate init(_ storage: TorchStorage) {
      key = storage.key
      bytes = storage.bytes
      type = storage.type
    }

    mutating func countView() {
      isShared = isViewed
      isViewed = true
    }

    /// Whether the tensor with this view of the whole uses the storage object.
    func isTaken(by view: TensorView) -> Bool {
      shape == view.size && scalarType == view.scalarType
    }

    /// Gives the storage object to the tensor with a view of the whole, unless another tensor has
    /// it.
    mutating func take(_ view: TensorView) -> Bool {
      guard shape == nil else { return false }
      shape = view.size
      scalarType = view.scalarType
      return true
    }

    /// The view that uses the storage object.
    var wholeView: TensorView? {
      guard let shape, let scalarType else { return nil }
      return TensorView(wholeOf: key, scalarType, shape)
    }
  }

  private var records: [Record] = []
  private var indexesByKey = HashIndex()

  mutating func reserveCapacity(_ count: Int) {
    records.reserveCapacity(count)
    indexesByKey.reserveCapacity(count) { records[$0].key.hashOfUTF8 }
  }

  var startIndex: Int { 0 }
  var endIndex: Int { records.count }

  subscript(index: Int) -> Record {
    get { records[index] }
    _modify { yield &records[index] }
  }

  func place(of key: String) -> Int? {
    indexesByKey.index(hash: key.hashOfUTF8) { records[$0].key.isIdentical(to: key) }
  }

  /// The index of this storage's record, which is inserted if absent.
  mutating func enter(_ storage: TorchStorage) -> Int {
    let known = indexesByKey.insertIfAbsent(
      hash: storage.key.hashOfUTF8,
      where: { records[$0].key.isIdentical(to: storage.key) },
      hashOf: { records[$0].key.hashOfUTF8 })
    if let known { return known }
    records.append(Record(storage))
    return records.count - 1
  }
}
