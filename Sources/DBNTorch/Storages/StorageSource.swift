import DBNTensors

/// Where a checkpoint's storages lie: each format of `torch.save` has a way of its own.
protocol StorageSource: Sendable {
  /// The size of the file.
  var byteCount: Int { get }
  var isBigEndian: Bool { get }
  /// How many storages the file can have, to make room for all at once.
  var roomyStorageCount: Int { get }

  /// The bytes of the storage that the pickle calls by this key, says to have `count` elements.
  func storedBytes(
    _ key: String, _ type: TorchStorageType, count: Int
  ) throws(CheckpointError) -> TensorStorage

  /// How a person finds the storage in the file.
  func place(of key: String) -> String

  /// What has this number as its persistent id, in files from before PyTorch 0.1.10.
  func stored(_ number: Int) -> StoredObject?
}

/// What a number can stand for as a persistent id.
enum StoredObject: Sendable {
  case storage(TorchStorage)
  case tensor(TensorView, TorchStorage)
}

extension StorageSource {
  var roomyStorageCount: Int { 0 }

  func stored(_ number: Int) -> StoredObject? { nil }
}

/// For pickles that can refer to no storages.
struct NoStorages: StorageSource {
  let byteCount = 0
  let isBigEndian = false

  func storedBytes(
    _ key: String, _ type: TorchStorageType, count: Int
  ) throws(CheckpointError) -> TensorStorage {
    throw CheckpointError(.picklePersistentID, "a storage is named where none can be")
  }

  func place(of key: String) -> String { key }
}
