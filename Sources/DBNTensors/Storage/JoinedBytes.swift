/// The bytes of several storages, one after the other: each rank's buffer as a row.
package struct JoinedBytes: ComputedBytes {
  package let sources: [TensorStorage]

  package init(_ storages: [TensorStorage]) {
    sources = storages
  }

  package var byteCount: Int { sources.reduce(0) { $0 + $1.byteCount } }

  package func fill(_ target: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
    var end = 0
    for storage in sources {
      try storage.bytes().copy(to: UnsafeMutableRawBufferPointer(rebasing: target[end...]))
      end += storage.byteCount
      // There can be as many files as ranks; some pages of each would otherwise stay in memory.
      storage.releaseFile()
    }
  }

  package func stream(
    pieces size: Int, upTo count: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    var end = 0
    for storage in sources {
      let part = max(0, min(storage.byteCount, count - end))
      try storage.read(pieces: size, upTo: part) { start, piece throws(CheckpointError) in
        try body(end + start, piece)
      }
      end += storage.byteCount
      storage.releaseFile()
    }
  }

  package var largestPart: Int { sources.map(\.largestBuffer).max() ?? 0 }
}
