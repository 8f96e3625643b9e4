internal import DBNTensors

/// The shape of a dataset's chunks, and how they are found.
struct ChunkLayout {
  /// Source: HDF5 File Format Specification 3.0, appendix VII: the indices.
  enum Index {
    case versionOneTree
    /// A single chunk, with its stored size and filter mask if it is filtered.
    case single(filtered: (byteCount: Int, mask: UInt32)?)
    case implicit
    case fixedArray
    case extensibleArray
    case versionTwoTree
  }

  let shape: [Int]
  /// The address of the index, or of the only chunk; nil if nothing was written.
  let address: Int?
  let index: Index
  /// Whether chunks that extend beyond the shape are stored without the filters.
  let leavesEdgesUnfiltered: Bool

  init(shape: some Sequence<Int>, address: Int?) {
    self.shape = Array(shape)
    self.address = address
    index = .versionOneTree
    leavesEdgesUnfiltered = false
  }

  init(parsingVersion3 reader: inout ByteReader, _ sizes: FieldSizes) throws(CheckpointError) {
    let rank = Int(try reader.read(UInt8.self))
    let address = try reader.readAddress(sizes)
    var shape: [Int] = []
    for _ in 0..<rank { shape.append(try reader.readCount(UInt32.self)) }
    // The last number is the size of an element.
    self.init(shape: shape.dropLast(), address: address)
  }

  /// - Parameter hasWideSizes: whether the stored size of a chunk is as wide as in version 5.
  init(
    parsingVersion4 reader: inout ByteReader, _ sizes: FieldSizes, hasWideSizes: Bool
  ) throws(CheckpointError) {
    let flags = try reader.read(UInt8.self)
    let rank = Int(try reader.read(UInt8.self))
    let sizeByteCount = Int(try reader.read(UInt8.self))
    var shape: [Int] = []
    for _ in 0..<rank { shape.append(try reader.readCount(byteCount: sizeByteCount)) }
    self.shape = shape.dropLast()
    leavesEdgesUnfiltered = flags & 1 != 0
    let type = try reader.read(UInt8.self)
    switch type {
    case 1: index = .single(filtered: flags & 2 == 0 ? nil : try reader.readFiltered(sizes))
    case 2: index = .implicit
    case 3:
      try reader.skip(1)
      index = .fixedArray
    case 4:
      try reader.skip(5)
      index = .extensibleArray
    case 5:
      try reader.skip(6)
      index = .versionTwoTree
    default:
      throw .invalidMetadata(
        "an index of chunks has the unknown type \(type)", at: reader.fileOffset)
    }
    address = try reader.readAddress(sizes)
  }
}

extension ByteReader {
  fileprivate mutating func readFiltered(
    _ sizes: FieldSizes
  ) throws(CheckpointError) -> (byteCount: Int, mask: UInt32) {
    (try readLength(sizes), try read(UInt32.self))
  }
}
