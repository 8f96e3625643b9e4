import DBNTensors

/// Finds the storages of a checkpoint in its file; each format of `torch.save` keeps them
/// differently.
protocol StorageSource: Sendable {
  /// The size of the file.
  var byteCount: Int { get }
  var isBigEndian: Bool { get }
  /// How many storages the file can have, for reserving memory once.
  var roomyStorageCount: Int { get }

  /// The bytes of the storage with this key, which has `count` elements by what the pickle says.
  func storedBytes(
    _ key: String, _ type: TorchStorageType, count: Int
  ) throws(CheckpointError) -> TensorStorage

  /// What the storage is called in error messages: the name of its record, for example.
  func location(of key: String) -> String

  /// The object with this number as its persistent id, in files from before PyTorch 0.1.10.
  func stored(_ number: Int) -> StoredObject?
}

/// What a persistent id that is a number can refer to.
enum StoredObject: Sendable {
  case storage(TorchStorage)
  case tensor(TensorView, TorchStorage)
}

extension StorageSource {
  var roomyStorageCount: Int { 0 }

  func stored(_ number: Int) -> StoredObject? { nil }
}

/// The source of pickles that must not refer to storages.
struct NoStorages: StorageSource {
  let byteCount = 0
  let isBigEndian = false

  func storedBytes(
    _ key: String, _ type: TorchStorageType, count: Int
  ) throws(CheckpointError) -> TensorStorage {
    throw CheckpointError(.picklePersistentID, "a storage is named where none can be")
  }

  func location(of key: String) -> String { key }
}
