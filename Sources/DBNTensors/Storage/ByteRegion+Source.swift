/// Bytes in memory or in a mapped file.
extension ByteRegion: ByteSource {
  package var byteCount: Int { count }

  package func bytes() -> ByteRegion { self }

  package var isInPlace: Bool { true }
  package var openedByteCount: Int { path == nil ? count : 0 }
  package var origin: ByteRegion? { self }
  package var sources: [TensorStorage] { [] }
  package var largestBuffer: Int { 0 }
}
