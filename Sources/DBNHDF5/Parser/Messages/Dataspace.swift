internal import DBNTensors

/// The shape of a dataset or attribute.
///
/// Source: HDF5 File Format Specification 3.0, section IV.A.2.b.
struct Dataspace {
  /// The shape; nil for the null dataspace, and `[]` for a scalar.
  let shape: [Int]?
  /// The sizes to which the dataset may grow; nil for sizes without a limit.
  let maximumShape: [Int?]

  /// The most dimensions that libhdf5 allows.
  static let rankLimit = 32

  init(parsing reader: inout ByteReader, _ sizes: FieldSizes) throws(CheckpointError) {
    let version = try reader.readVersion(of: "a dataspace", in: 1...2)
    let rank = Int(try reader.read(UInt8.self))
    let flags = try reader.read(UInt8.self)
    guard rank <= Dataspace.rankLimit else {
      throw .invalidMetadata("a dataspace has \(rank) dimensions", at: reader.fileOffset)
    }
    var isNull = false
    if version == 1 {
      try reader.skip(5)
    } else {
      isNull = try reader.read(UInt8.self) == 2
    }
    var shape: [Int] = []
    for _ in 0..<rank { shape.append(try reader.readLength(sizes)) }
    var maximumShape: [Int?] = shape
    if flags & 1 != 0 {
      for dimension in 0..<rank { maximumShape[dimension] = try reader.readMaximum(sizes) }
    }
    self.shape = isNull ? nil : shape
    self.maximumShape = maximumShape
  }
}

extension ByteReader {
  /// Reads a size; nil for an unlimited size, whose bits are all set.
  fileprivate mutating func readMaximum(_ sizes: FieldSizes) throws(CheckpointError) -> Int? {
    let number = try readNumber(byteCount: sizes.length)
    return number == .max >> UInt64(64 - 8 * sizes.length) ? nil : Int(clamping: number)
  }
}
