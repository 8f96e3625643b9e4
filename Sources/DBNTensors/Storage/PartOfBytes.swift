/// Bytes that are a part of those of a storage whose checksum, if it has one, is of all: that is
/// compared before the part is lent.
struct PartOfBytes: ByteSource {
  let part: ByteRegion
  let whole: TensorStorage

  var byteCount: Int { part.count }

  func bytes() throws(CheckpointError) -> ByteRegion {
    try whole.check()
    return part
  }

  var isInPlace: Bool { part.path != nil }
  var origin: ByteRegion? { part }
  var hasChecksum: Bool { whole.hasChecksum }
  var largestBuffer: Int { whole.largestBuffer }
}
