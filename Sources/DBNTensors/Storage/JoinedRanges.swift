/// Ranges of the bytes of several storages, one after the other: a tensor that ranks hold in flat
/// pieces.
package struct JoinedRanges: ComputedBytes {
  /// A range of a storage's bytes.
  package struct Part: Sendable {
    let source: UnpackedBytes
    let range: Range<Int>

    /// - Parameter range: within the storage's bytes.
    package init(_ storage: TensorStorage, _ range: Range<Int>) {
      self.init(UnpackedBytes(storage), range)
    }

    /// A range of bytes that other tensors may have parts of too.
    package init(_ source: UnpackedBytes, _ range: Range<Int>) {
      self.source = source
      self.range = range
    }

    var storage: TensorStorage { source.storage }

    /// The storage's bytes, which are not kept if no other tensor needs them.
    func wholeBytes() throws(CheckpointError) -> ByteRegion {
      source.isReadOnce ? try storage.wholeBytes() : try source.bytes()
    }
  }

  private let parts: [Part]

  package init(_ parts: [Part]) {
    self.parts = parts
  }

  package var sources: [TensorStorage] { parts.map(\.storage) }
  package var byteCount: Int { parts.reduce(0) { $0 + $1.range.count } }

  package func fill(_ target: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
    try stream(pieces: TensorStorage.pieceByteCount, upTo: byteCount) { start, piece in
      piece.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(rebasing: target[start...]).copyMemory(from: $0)
      }
    }
  }

  package func stream(
    pieces size: Int, upTo count: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    var end = 0
    // Neighbours are often parts of one storage.
    var whole: (storage: TensorStorage, bytes: ByteRegion)?
    for part in parts where end < count {
      let taken = min(part.range.count, count - end)
      let all =
        if let whole, whole.storage === part.storage { whole.bytes } else {
          try part.wholeBytes()
        }
      whole = (part.storage, all)
      let bytes = try all.slice(from: part.range.lowerBound, count: taken)
      try bytes.forEachPiece(of: size) { start, piece throws(CheckpointError) in
        try body(end + start, piece)
      }
      end += taken
      // There are as many files as ranks; some pages of each would otherwise stay in memory.
      part.storage.releaseFile()
    }
  }

  package var largestPart: Int { sources.map(\.wholeBuffer).max() ?? 0 }
}
