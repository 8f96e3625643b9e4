import DBNTensors
import DBNZip

extension TorchArchive {
  /// What is left of a storage whose record is not in the archive as a whole: all of its bytes, if
  /// only what follows them is missing, or bytes that can't be read.
  ///
  /// - Parameter count: the number of its elements, according to the pickle.
  func remains(
    of key: String, _ type: TorchStorageType, count: Int
  ) throws(CheckpointError) -> TensorStorage {
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: type.elementByteCount)
    guard !overflow, byteCount >= 0 else {
      throw CheckpointError(.torchStorage, "the storage cannot have \(count) elements")
    }
    guard let remnant = zip.remnant, remnant.name == location(of: key),
      remnant.payload.count >= byteCount
    else { return .lost(byteCount: byteCount) }
    return TensorStorage(try remnant.payload.slice(from: 0, count: byteCount))
  }
}
