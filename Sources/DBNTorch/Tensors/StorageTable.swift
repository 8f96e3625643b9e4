import DBNTensors

/// The storages that a checkpoint names, by their keys, and what is known of the tensors that are
/// views of them.
struct StorageTable: RandomAccessCollection {
  /// In an order that leaves no gaps, since there can be very many.
  struct Record {
    let key: String
    let bytes: TensorStorage
    /// The shape and type of the one tensor that the storage object was given to as it is.
    private var shape: [Int]?
    private var scalarType: ScalarType?
    /// What its elements are where it is first named.
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

    /// Whether the storage object is the tensor's of this view of the whole.
    func isTaken(by view: TensorView) -> Bool {
      shape == view.size && scalarType == view.scalarType
    }

    /// Gives the storage object to the tensor of a view of the whole, unless another one has it.
    mutating func take(_ view: TensorView) -> Bool {
      guard shape == nil else { return false }
      shape = view.size
      scalarType = view.scalarType
      return true
    }

    /// The view that has taken the storage object.
    var wholeView: TensorView? {
      guard let shape, let scalarType else { return nil }
      return TensorView(wholeOf: key, scalarType, shape)
    }
  }

  private var records: [Record] = []
  private var places = HashIndex()

  mutating func reserveCapacity(_ count: Int) {
    records.reserveCapacity(count)
    places.reserveCapacity(count) { records[$0].key.hashOfUTF8 }
  }

  var startIndex: Int { 0 }
  var endIndex: Int { records.count }

  subscript(place: Int) -> Record {
    get { records[place] }
    _modify { yield &records[place] }
  }

  func place(of key: String) -> Int? {
    places.index(hash: key.hashOfUTF8) { records[$0].key.isIdentical(to: key) }
  }

  /// The index of the record of this storage, which is made if there is none.
  mutating func enter(_ storage: TorchStorage) -> Int {
    let known = places.insertIfAbsent(
      hash: storage.key.hashOfUTF8,
      where: { records[$0].key.isIdentical(to: storage.key) },
      hashOf: { records[$0].key.hashOfUTF8 })
    if let known { return known }
    records.append(Record(storage))
    return records.count - 1
  }
}
