/// Bytes that are copied from others: as a whole if they are few, since pieces could be very small,
/// and otherwise in pieces.
package protocol ComputedBytes: ByteSource {
  /// Writes the bytes into a buffer of `byteCount` zeros.
  func fill(_ target: UnsafeMutableRawBufferPointer) throws(CheckpointError)

  /// Calls `body` with the first `count` bytes in order, in pieces as they come, each of at most
  /// `size` bytes and with its offset.
  func stream(
    pieces size: Int, upTo count: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError)

  /// The size of the largest buffer that `stream` needs.
  var largestPart: Int { get }
}

extension ComputedBytes {
  package func bytes() throws(CheckpointError) -> ByteRegion {
    try ByteRegion(byteCount: byteCount, fill)
  }

  package func read(
    pieces size: Int, upTo count: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    guard areFew else { return try stream(pieces: size, upTo: count, body) }
    try bytes().slice(from: 0, count: count).forEachPiece(of: size, body)
  }

  package var largestBuffer: Int { areFew ? byteCount : largestPart }

  private var areFew: Bool { byteCount <= 4 << 20 }
}

/// Bytes that a closure computes as a whole on each read: few.
struct ClosureBytes: ByteSource {
  let byteCount: Int
  let body: @Sendable (UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Void

  func bytes() throws(CheckpointError) -> ByteRegion { try ByteRegion(byteCount: byteCount, body) }

  var sources: [TensorStorage] { [] }
}
