/// The bytes of an array, which is copied only when `bytes` is called.
struct ArrayBytes: ByteSource {
  let array: [UInt8]

  var byteCount: Int { array.count }

  func bytes() -> ByteRegion { ByteRegion(array) }

  func read(
    pieces size: Int, upTo count: Int, _ body: (Int, RawSpan) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    for start in stride(from: 0, to: count, by: size) {
      try body(start, array.span.bytes.extracting(start..<min(start + size, count)))
    }
  }

  var sources: [TensorStorage] { [] }
  var largestBuffer: Int { 0 }
}
