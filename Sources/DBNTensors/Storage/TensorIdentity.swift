/// A short text that is the same only for tensors with the same names, types, shapes and bytes: files
/// that are written together have it, so that files of another checkpoint among them are noticed.
package enum TensorIdentity {
  /// Where a file records checksums, the bytes are not read: they are compared with their checksums
  /// when they are written.
  package static func of(
    _ tensors: [(name: String, tensor: Tensor)]
  ) throws(CheckpointError) -> String {
    let budget = MemoryBudget()
    let checksums = try concurrentMap(tensors.count) { index throws(CheckpointError) in
      let storage = tensors[index].tensor.storage
      defer { storage.releaseFile() }
      do throws(CheckpointError) {
        if let recorded = storage.checksum.recorded ?? storage.checksum.known { return recorded }
        return try storage.crc32(pieces: 1 << 20, within: budget) { _, _ in }
      } catch {
        throw error.with(name: tensors[index].name)
      }
    }
    var digest = SHA256()
    for ((name, tensor), checksum) in zip(tensors, checksums) {
      digest.update(name)
      digest.update("\(tensor.scalarType.name) \(tensor.shape) \(checksum)")
    }
    return String(digest.hexadecimal().prefix(16))
  }
}
