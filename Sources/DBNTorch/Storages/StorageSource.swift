import DBNTensors

/// Finds the storages of a checkpoint in its file; each format of `torch.save` stores them
/// differently.
protocol StorageSource: Sendable {
  /// The size of the file.
  var byteCount: Int { get }
  var isBigEndian: Bool { get }
  /// The largest number of storages that the file can have, for reserving memory once.
  var roomyStorageCount: Int { get }

  /// The bytes of the storage with this key, which has `count` elements according to the pickle.
  func storedBytes(
    _ key: String, _ type: TorchStorageType, count: Int
  ) throws(CheckpointError) -> TensorStorage

  /// The storage's name in error messages, for example that of its record.
  func location(of key: String) -> String

  /// The object whose persistent id is this number, in files from before PyTorch 0.1.10.
  func stored(_ number: Int) -> StoredObject?
}

/// An object that a persistent id can refer to by number.
enum StoredObject: Sendable {
  case storage(TorchStorage)
  case tensor(TensorView, TorchStorage)
}

extension StorageSource {
  var roomyStorageCount: Int { 0 }

  func stored(_ number: Int) -> StoredObject? { nil }
}

/// The source for pickles that must not refer to storages.
struct NoStorages: StorageSource {
  let byteCount = 0
  let isBigEndian = false

  func storedBytes(
    _ key: String, _ type: TorchStorageType, count: Int
  ) throws(CheckpointError) -> TensorStorage {
    throw CheckpointError(.picklePersistentID, "a storage is named where there can be none")
  }

  func location(of key: String) -> String { key }
}
