extension Checkpoint {
  /// The distinct storages of all tensors, each with the first path where it occurs, in tree order.
  public var storages: [(path: EntryPath, storage: TensorStorage)] {
    var storages: [(path: EntryPath, storage: TensorStorage)] = []
    forEachStorage { storages.append(($0, $1)) }
    return storages
  }

  /// The number of bytes of all tensors, tied tensors counted once.
  public var tensorByteCount: Int {
    var byteCount = 0
    forEachStorage { byteCount &+= $1.byteCount }
    return byteCount
  }

  private func forEachStorage(_ body: (EntryPath, TensorStorage) -> Void) {
    var seen: Set<ObjectIdentifier> = []
    root.forEachLeaf { path, value in
      guard let storage = value.tensor?.storage, seen.insert(ObjectIdentifier(storage)).inserted
      else { return }
      body(path, storage)
    }
  }
}
