import DBNTensors

/// The source of a single storage whose bytes are known.
struct ArraySource: StorageSource {
  let isBigEndian: Bool
  private let bytes: TensorStorage

  init(isBigEndian: Bool, _ bytes: TensorStorage) {
    self.isBigEndian = isBigEndian
    self.bytes = bytes
  }

  var byteCount: Int { bytes.byteCount }

  func storedBytes(
    _ key: String, _ type: TorchStorageType, count: Int
  ) throws(CheckpointError) -> TensorStorage { bytes }

  func location(of key: String) -> String { key }
}
