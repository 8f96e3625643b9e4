internal import Tensors
internal import Zip

extension NumPyHeader {
  /// The array of a file, its bytes borrowed.
  static func tensor(_ file: ByteRegion) throws(CheckpointError) -> Tensor {
    var reader = ByteReader(file)
    let header = try NumPyHeader(parsing: &reader)
    let data = try header.data(of: TensorStorage(file), file)
    return try header.tensor(data)
  }

  /// The array of an archive's record: borrowed, or decompressed whenever it is read; in both cases
  /// the checksum of the record is enforced then.
  static func tensor(_ entry: ZipEntry) throws(CheckpointError) -> Tensor {
    let whole = entry.storage()
    guard entry.method == .stored else {
      // The header is needed now, and the content is not kept.
      let header = try NumPyHeader.header(of: try entry.content())
      try header.check(entry.size - header.dataOffset)
      return try header.tensor(
        TensorStorage(computing: entry.size - header.dataOffset) {
          target throws(CheckpointError) in
          try whole.withBytes { bytes throws(CheckpointError) in
            bytes.withUnsafeBytes {
              target.copyMemory(from: .init(rebasing: $0[header.dataOffset...]))
            }
          }
        })
    }
    let header = try NumPyHeader.header(of: entry.payload)
    return try header.tensor(try header.data(of: whole, entry.payload))
  }

  private static func header(of file: ByteRegion) throws(CheckpointError) -> NumPyHeader {
    var reader = ByteReader(file)
    return try NumPyHeader(parsing: &reader)
  }

  /// The elements as they lie in the file.
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
        "\(type.scalarType.name) \(shape) needs \(byteCount) bytes, \(found) are there",
        advice: "the file is cut short or damaged; get it again")
    }
  }

  /// The tensor of these elements, put into order whenever they are read, unless they are.
  private func tensor(_ data: TensorStorage) throws(CheckpointError) -> Tensor {
    let component = type.scalarType.componentByteCount
    let swaps = type.isBigEndian && component > 1
    // One dimension, or none, has but one order.
    let transposes = isFortranOrder && shape.filter { $0 > 1 }.count > 1 && data.byteCount > 0
    guard swaps || transposes else {
      return try Tensor(type.scalarType, shape: shape, storage: data)
    }
    let (shape, size) = (shape, type.scalarType.byteCount)
    let storage = TensorStorage(computing: data.byteCount) { target throws(CheckpointError) in
      try data.withBytes { bytes throws(CheckpointError) in
        bytes.withUnsafeBytes { source in
          transposes
            ? copyFromFortranOrder(source, shape: shape, elementSize: size, into: target)
            : target.copyMemory(from: source)
        }
      }
      if swaps { swapBytes(target, componentSize: component) }
    }
    return try Tensor(type.scalarType, shape: shape, storage: storage)
  }
}

/// Copies elements of an array whose first index runs fastest to where the last one does.
private func copyFromFortranOrder(
  _ source: UnsafeRawBufferPointer, shape: [Int], elementSize size: Int,
  into target: UnsafeMutableRawBufferPointer
) {
  var strides: [Int] = []
  var stride = size
  for count in shape {
    strides.append(stride)
    stride *= count
  }
  var index = [Int](repeating: 0, count: shape.count)
  var place = 0
  for start in Swift.stride(from: 0, to: target.count, by: size) {
    let element = UnsafeRawBufferPointer(rebasing: source[place..<place + size])
    UnsafeMutableRawBufferPointer(rebasing: target[start..<start + size]).copyMemory(from: element)
    var dimension = shape.count - 1
    while dimension >= 0 {
      index[dimension] += 1
      place += strides[dimension]
      if index[dimension] < shape[dimension] { break }
      place -= strides[dimension] * shape[dimension]
      index[dimension] = 0
      dimension -= 1
    }
  }
}

private func swapBytes(_ bytes: UnsafeMutableRawBufferPointer, componentSize size: Int) {
  for start in stride(from: 0, to: bytes.count, by: size) {
    var component = UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + size])
    component.reverse()
  }
}
