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
    let bytes = try storage.wholeBytes()
    for index in 0..<count {
      bytes.copy(to: UnsafeMutableRawBufferPointer(rebasing: target[(index * bytes.count)...]))
    }
  }

  package func stream(
    pieces size: Int, upTo limit: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let bytes = try storage.wholeBytes()
    for start in stride(from: 0, to: limit, by: max(1, bytes.count)) {
      let part = try bytes.slice(from: 0, count: min(bytes.count, limit - start))
      try part.forEachPiece(of: size) { offset, piece throws(CheckpointError) in
        try body(start + offset, piece)
      }
    }
  }

  package var largestPart: Int { storage.wholeBuffer }
}
