internal import DBNTensors

/// Text of a fixed length: NumPy's `U`, Unicode code points of four bytes, and `S`, bytes. Zeros at
/// the end are not part of it.
///
/// Source: the documentation of NumPy, "Data type objects (dtype)".
struct NumPyText: Equatable {
  /// 4 for code points, 1 for bytes.
  let unitByteCount: Int
  private let unitCount: Int
  private let isBigEndian: Bool

  /// The most bytes of text that are read of one array: class names and the like take far less. An
  /// element counts as one character at least, so that empty texts are limited too.
  static let byteLimit = 16 << 20
  /// NumPy 2 has at most 64 dimensions.
  static let dimensionLimit = 64

  /// - Returns: nil unless it is `U` or `S` and a length: `U3`.
  init?(_ name: Substring, isBigEndian: Bool) {
    switch name.first {
    case "U": unitByteCount = 4
    case "S": unitByteCount = 1
    default: return nil
    }
    guard let count = Int(name.dropFirst()), count >= 0, name.dropFirst() == "\(count)",
      count <= Self.byteLimit
    else { return nil }
    unitCount = count
    self.isBigEndian = isBigEndian
  }

  /// The bytes of an element.
  var byteCount: Int { unitCount * unitByteCount }

  /// The text of a scalar; a list of texts; for more dimensions nested lists, as NumPy's `tolist`
  /// gives them and as HDF5's datasets of text are read.
  ///
  /// - Throws: `limitExceeded` before anything is read; `invalidText`.
  func value(
    _ storage: TensorStorage, shape: [Int], isFortranOrder: Bool
  ) throws(CheckpointError) -> CheckpointValue {
    try checkLimits(of: shape)
    let bytes = try storage.bytes()
    var strides = shape
    var stride = byteCount
    for dimension in isFortranOrder ? Array(shape.indices) : shape.indices.reversed() {
      strides[dimension] = stride
      stride *= shape[dimension]
    }
    return try list(bytes, shape[...], strides[...], from: 0)
  }

  private func checkLimits(of shape: [Int]) throws(CheckpointError) {
    let sizes = shape.map { max(1, $0) } + [max(4, byteCount)]
    guard let count = try? Tensor.byteCount(of: .uint8, shape: sizes), count <= Self.byteLimit,
      shape.count <= Self.dimensionLimit
    else {
      throw CheckpointError(
        .limitExceeded,
        "has text of shape \(shape), of which at most \(Self.byteLimit) bytes in "
          + "\(Self.dimensionLimit) dimensions are read")
    }
  }

  /// Recurses as deep as the array has dimensions.
  private func list(
    _ bytes: ByteRegion, _ shape: ArraySlice<Int>, _ strides: ArraySlice<Int>, from start: Int
  ) throws(CheckpointError) -> CheckpointValue {
    guard let size = shape.first, let stride = strides.first else {
      return .string(try text(bytes.slice(from: start, count: byteCount)))
    }
    var elements: [CheckpointValue] = []
    elements.reserveCapacity(size)
    for index in 0..<size {
      elements.append(
        try list(bytes, shape.dropFirst(), strides.dropFirst(), from: start + index * stride))
    }
    return .list(elements)
  }

  private func text(_ bytes: ByteRegion) throws(CheckpointError) -> String {
    let bytes = bytes.array
    let text =
      unitByteCount == 1
      ? String(zeroPaddedUTF8: bytes) : String(zeroPaddedUTF32: bytes, isBigEndian: isBigEndian)
    guard let text else {
      throw CheckpointError(.invalidText, "has text that is not valid Unicode")
    }
    return text
  }
}
