internal import DBNTensors
internal import DBNZip

extension NumPyHeader {
  /// The array of a file, its bytes not copied.
  static func tensor(_ file: ByteRegion) throws(CheckpointError) -> Tensor {
    var reader = ByteReader(file)
    let header = try NumPyHeader(parsing: &reader)
    let data = try header.data(of: TensorStorage(file), file)
    return try header.tensor(data)
  }

  /// The array of an archive's record: its bytes are in place, or decompressed on each read. In
  /// both cases reading checks the record's checksum.
  static func tensor(_ entry: ZipEntry) throws(CheckpointError) -> Tensor {
    guard entry.method == .deflated else {
      let header = try NumPyHeader.header(of: entry.payload)
      return try header.tensor(try header.data(of: entry.storage(), entry.payload))
    }
    let start = try entry.deflated().prefix(NumPyHeader.prefixByteLimit)
    let header = try NumPyHeader.header(of: start)
    let count = entry.size - header.dataOffset
    try header.check(count)
    let first = try start.slice(from: 0, count: header.dataOffset).withBytes { CRC32.of($0) }
    let crc32 = entry.crc32.map { CRC32.rest(of: $0, after: first, restByteCount: count) }
    return try header.tensor(
      TensorStorage(
        entry.deflated(skipping: header.dataOffset), crc32: crc32, record: entry.name))
  }

  private static func header(of file: ByteRegion) throws(CheckpointError) -> NumPyHeader {
    var reader = ByteReader(file)
    let header = try NumPyHeader(parsing: &reader)
    try file.slice(from: 0, count: header.dataOffset).release()
    return header
  }

  /// The elements as they are stored in the file.
  private func data(
    of whole: TensorStorage, _ file: ByteRegion
  ) throws(CheckpointError) -> TensorStorage {
    let count = file.count - dataOffset
    try check(count)
    return TensorStorage(try file.slice(from: dataOffset, count: count), of: whole)
  }

  private func check(_ found: Int) throws(CheckpointError) {
    let byteCount = try Tensor.byteCount(of: type.scalarType, shape: shape)
    guard byteCount == found else {
      throw CheckpointError(
        .numPySize, offset: dataOffset,
        "\(type.scalarType.name) \(shape) needs \(byteCount) bytes, but \(found) follow",
        advice: "the file is cut short or damaged; get it again")
    }
  }

  /// The tensor of these elements. If they are not in a tensor's order, they are reordered on each
  /// read.
  private func tensor(_ data: TensorStorage) throws(CheckpointError) -> Tensor {
    let component = type.scalarType.componentByteCount
    var storage = data
    if type.isBigEndian && component > 1 {
      storage = TensorStorage(storage, converting: .swappingBytes(of: component))
    }
    // With at most one dimension larger than 1, both orders are the same.
    guard isFortranOrder, shape.filter({ $0 > 1 }).count > 1, data.byteCount > 0 else {
      return try Tensor(type.scalarType, shape: shape, storage: storage)
    }
    let reversed = try Tensor(type.scalarType, shape: Array(shape.reversed()), storage: storage)
    return try reversed.permuted(Array(shape.indices.reversed()))
  }
}
