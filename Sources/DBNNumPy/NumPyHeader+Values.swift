internal import DBNTensors
internal import DBNZip

extension NumPyHeader {
  /// The array of a file: a tensor, whose bytes are not copied, or text.
  static func value(_ file: ByteRegion) throws(CheckpointError) -> CheckpointValue {
    var reader = ByteReader(file)
    let header = try NumPyHeader(parsing: &reader)
    return try header.value(try header.data(of: TensorStorage(file), file))
  }

  /// The array of an archive's record: its bytes are in place, or decompressed on each read. In
  /// both cases reading checks the record's checksum.
  static func value(_ entry: ZipEntry) throws(CheckpointError) -> CheckpointValue {
    guard entry.method == .deflated else {
      let header = try NumPyHeader.header(of: entry.payload)
      return try header.value(try header.data(of: entry.storage(), entry.payload))
    }
    let start = try entry.deflated().prefix(NumPyHeader.prefixByteLimit)
    let header = try NumPyHeader.header(of: start)
    let count = entry.size - header.dataOffset
    try header.check(count)
    let first = try start.slice(from: 0, count: header.dataOffset).withBytes { CRC32.of($0) }
    let crc32 = entry.crc32.map { CRC32.rest(of: $0, after: first, restByteCount: count) }
    return try header.value(
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
    let byteCount = try type.byteCount(of: shape)
    guard byteCount == found else {
      throw CheckpointError(
        .numPySize, offset: dataOffset,
        "\(type.description) \(shape) needs \(byteCount) bytes, but \(found) follow",
        advice: "the file is cut short or damaged; get it again")
    }
  }

  private func value(_ data: TensorStorage) throws(CheckpointError) -> CheckpointValue {
    switch type {
    case .number(let scalarType, let isBigEndian):
      .tensor(try tensor(data, scalarType, isBigEndian: isBigEndian))
    case .text(let text):
      try text.value(data, shape: shape, isFortranOrder: isFortranOrder)
    }
  }

  /// The tensor of these elements. If they are not in a tensor's order, they are reordered on each
  /// read.
  private func tensor(
    _ data: TensorStorage, _ scalarType: ScalarType, isBigEndian: Bool
  ) throws(CheckpointError) -> Tensor {
    let component = scalarType.componentByteCount
    var storage = data
    if isBigEndian && component > 1 {
      storage = TensorStorage(storage, converting: .swappingBytes(of: component))
    }
    // With at most one dimension larger than 1, both orders are the same.
    guard isFortranOrder, shape.filter({ $0 > 1 }).count > 1, data.byteCount > 0 else {
      return try Tensor(scalarType, shape: shape, storage: storage)
    }
    let reversed = try Tensor(scalarType, shape: Array(shape.reversed()), storage: storage)
    return try reversed.permuted(Array(shape.indices.reversed()))
  }
}
