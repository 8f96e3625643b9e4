extension Tensor {
  /// The elements as doubles, in row-major order.
  ///
  /// - Throws: `unsupportedScalarType` unless the scalar type `isReal`.
  public func doubles() throws(CheckpointError) -> [Double] { try array(of: Double.self) }

  /// The elements of an integer or bool tensor.
  ///
  /// - Throws: `unsupportedScalarType` for every other scalar type.
  public func integers() throws(CheckpointError) -> [Int] { try array(of: Int.self) }

  /// A float tensor of these values, each rounded to the nearest value of the scalar type.
  ///
  /// - Throws: `unsupportedScalarType` unless it is float16, bfloat16, float32 or float64.
  public init(
    rounding values: [Double], to scalarType: ScalarType, shape: [Int]
  ) throws(CheckpointError) {
    let bytes: [UInt8]
    switch scalarType {
    case .float64: bytes = littleEndianBytes(values.map(\.bitPattern))
    case .float32: bytes = littleEndianBytes(values.map { Float($0).bitPattern })
    case .bfloat16: bytes = littleEndianBytes(values.map(bfloat16BitPattern))
    case .float16: bytes = littleEndianBytes(values.map { Float16($0).bitPattern })
    default:
      throw CheckpointError(
        .unsupportedScalarType, "\(scalarType.name) cannot hold computed statistics")
    }
    try self.init(scalarType, shape: shape, storage: TensorStorage(ByteRegion(bytes)))
  }

  /// A tensor of bool or integers.
  ///
  /// - Parameter values: integers within the range of the scalar type; true for bool is not 0.
  /// - Throws: `unsupportedScalarType` unless it is bool or an integer type; `overflow` for a value
  ///   that it can't hold.
  public init(
    integers values: [Double], of scalarType: ScalarType, shape: [Int]
  ) throws(CheckpointError) {
    let bytes: [UInt8]
    switch scalarType {
    case .bool: bytes = values.map { $0 == 0 ? 0 : 1 }
    case .uint8: bytes = try integerBytes(values, UInt8.self)
    case .int8: bytes = try integerBytes(values, Int8.self)
    case .uint16: bytes = try integerBytes(values, UInt16.self)
    case .int16: bytes = try integerBytes(values, Int16.self)
    case .uint32: bytes = try integerBytes(values, UInt32.self)
    case .int32: bytes = try integerBytes(values, Int32.self)
    case .uint64: bytes = try integerBytes(values, UInt64.self)
    case .int64: bytes = try integerBytes(values, Int64.self)
    default:
      throw CheckpointError(
        .unsupportedScalarType, "\(scalarType.name) is neither bool nor a type of integers")
    }
    try self.init(scalarType, shape: shape, storage: TensorStorage(ByteRegion(bytes)))
  }

  /// A tensor of these elements in their own type: `[Float]` becomes float32.
  ///
  /// - Throws: `inconsistentTensor` unless their number matches the shape.
  public init<Element: TensorElement>(
    elements: [Element], shape: [Int]
  ) throws(CheckpointError) {
    // Every supported machine is little-endian, as checkpoints are.
    let bytes = elements.withUnsafeBytes { Array($0) }
    try self.init(Element.scalarType, shape: shape, storage: TensorStorage(ByteRegion(bytes)))
  }

  /// An int64 tensor, such as PyTorch's batch counters.
  public init(_ values: [Int], shape: [Int]) throws(CheckpointError) {
    let bytes = littleEndianBytes(values.map { Int64($0) })
    try self.init(.int64, shape: shape, storage: TensorStorage(ByteRegion(bytes)))
  }
}

private func littleEndianBytes(_ values: [some FixedWidthInteger]) -> [UInt8] {
  values.map(\.littleEndian).withUnsafeBytes { Array($0) }
}

private func integerBytes<Integer: FixedWidthInteger>(
  _ values: [Double], _ type: Integer.Type
) throws(CheckpointError) -> [UInt8] {
  littleEndianBytes(
    try values.enumerated().map { index, value throws(CheckpointError) in
      guard let integer = Integer(exactly: value) else {
        throw CheckpointError(.overflow, "element \(index), \(value), does not fit into \(type)")
      }
      return integer
    })
}

/// Rounds to the nearest bfloat16, ties to even, with a single rounding: going through float32
/// would round twice.
func bfloat16BitPattern(_ value: Double) -> UInt16 {
  let float = Float(value)
  guard float.isFinite else {
    return UInt16(float.bitPattern >> 16) | (float.isNaN ? 0x40 : 0)
  }
  // The rounded float can look like a tie between two bfloat16s where the double is not.
  var pattern = float.bitPattern
  if pattern & 0xFFFF == 0x8000, Double(float) != value {
    let isAbove = abs(value) > abs(Double(float))
    pattern = isAbove ? pattern + 1 : pattern - 1
  }
  let rounding: UInt32 = 0x7FFF + (pattern >> 16 & 1)
  return UInt16(truncatingIfNeeded: (pattern + rounding) >> 16)
}
