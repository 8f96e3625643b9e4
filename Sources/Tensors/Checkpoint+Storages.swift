extension Checkpoint {
  /// The distinct storages of all tensors, each with the first path that it is found at, in the
  /// order of the tree.
  public var storages: [(path: EntryPath, storage: TensorStorage)] {
    var seen: Set<ObjectIdentifier> = []
    return root.leaves.compactMap { path, value in
      guard let storage = value.tensor?.storage, seen.insert(ObjectIdentifier(storage)).inserted
      else { return nil }
      return (path, storage)
    }
  }

  /// The bytes of all tensors, tied ones counted once.
  public var tensorByteCount: Int {
    storages.reduce(0) { $0 &+ $1.storage.byteCount }
  }
}
