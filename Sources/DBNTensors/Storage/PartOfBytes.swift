/// A part of a storage's bytes. The storage's checksum, if it has one, covers all of them, and is
/// compared before the part is read.
struct PartOfBytes: ByteSource {
  let part: ByteRegion
  let whole: TensorStorage

  var byteCount: Int { part.count }

  func bytes() throws(CheckpointError) -> ByteRegion {
    try whole.check()
    return part
  }

  var isInPlace: Bool { true }
  var openedByteCount: Int { part.openedByteCount }
  var origin: ByteRegion? { part }
  var sources: [TensorStorage] { [whole] }
  var largestBuffer: Int { whole.largestBuffer }
}
