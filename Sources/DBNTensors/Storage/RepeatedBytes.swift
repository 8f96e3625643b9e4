/// The bytes of a storage repeated: a buffer that all devices share, as a replica for each.
package struct RepeatedBytes: ComputedBytes {
  private let storage: TensorStorage
  private let count: Int

  package init(_ storage: TensorStorage, count: Int) {
    self.storage = storage
    self.count = count
  }

  package var byteCount: Int { storage.byteCount * count }
  package var sources: [TensorStorage] { [storage] }

  package func fill(_ target: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
    let bytes = try storage.bytes()
    for index in 0..<count {
      bytes.copy(to: UnsafeMutableRawBufferPointer(rebasing: target[(index * bytes.count)...]))
    }
  }
}
