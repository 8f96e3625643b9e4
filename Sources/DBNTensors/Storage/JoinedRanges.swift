/// Ranges of the bytes of several storages, one after the other: a tensor that ranks hold in flat
/// pieces.
package struct JoinedRanges: ComputedBytes {
  /// A range of a storage's bytes.
  package struct Part: Sendable {
    let storage: TensorStorage
    let range: Range<Int>

    /// - Parameter range: within the storage's bytes.
    package init(_ storage: TensorStorage, _ range: Range<Int>) {
      self.storage = storage
      self.range = range
    }
  }

  private let parts: [Part]

  package init(_ parts: [Part]) {
    self.parts = parts
  }

  package var sources: [TensorStorage] { parts.map(\.storage) }
  package var byteCount: Int { parts.reduce(0) { $0 + $1.range.count } }

  package func fill(_ target: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
    var end = 0
    for part in parts {
      let bytes = try part.storage.opened().slice(
        from: part.range.lowerBound, count: part.range.count)
      bytes.copy(to: UnsafeMutableRawBufferPointer(rebasing: target[end...]))
      bytes.release()
      end += part.range.count
      // There are as many files as ranks; some pages of each would otherwise stay in memory.
      part.storage.releaseFile()
    }
  }
}
