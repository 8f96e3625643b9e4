package import DBNTensors

extension StateDict {
  /// The SHA-256 of the tensors, whatever the format that they are stored in: of each the name, the
  /// type, the shape and the bytes in row-major order, ordered by name. Other values don't count.
  ///
  /// - Returns: 64 hexadecimal digits.
  package func digest() throws(CheckpointError) -> String {
    var digest = SHA256()
    let budget = MemoryBudget.current
    let ordered = tensors.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    for (name, tensor) in ordered {
      digest.update(name)
      digest.update(tensor.scalarType.name)
      digest.update(tensor.shape.map { "\($0)" }.joined(separator: ","))
      do throws(CheckpointError) {
        try tensor.storage.read(pieces: 1 << 20, within: budget) { _, piece in
          digest.update(piece)
        }
      } catch {
        throw error.with(name: name)
      }
    }
    return digest.hexadecimal()
  }
}
