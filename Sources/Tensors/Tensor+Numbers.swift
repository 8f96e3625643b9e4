extension Tensor {
  /// The elements as doubles, in row-major order; exact for every type but 64-bit integers beyond
  /// 2^53.
  ///
  /// - Throws: `unsupportedScalarType` unless the scalar type `isReal`.
  public func doubles() throws(CheckpointError) -> [Double] {
    try storage.withBytes { bytes throws(CheckpointError) in
      switch scalarType {
      case .float64: bytes.elements(UInt64.self, count) { Double(bitPattern: $0) }
      case .float32: bytes.elements(UInt32.self, count) { Double(Float(bitPattern: $0)) }
      case .bfloat16:
        bytes.elements(UInt16.self, count) { Double(Float(bitPattern: UInt32($0) << 16)) }
      case .float16: bytes.elements(UInt16.self, count) { Double(Float16(bitPattern: $0)) }
      case .int64: bytes.elements(Int64.self, count) { Double($0) }
      case .uint64: bytes.elements(UInt64.self, count) { Double($0) }
      case .int32: bytes.elements(Int32.self, count) { Double($0) }
      case .uint32: bytes.elements(UInt32.self, count) { Double($0) }
      case .int16: bytes.elements(Int16.self, count) { Double($0) }
      case .uint16: bytes.elements(UInt16.self, count) { Double($0) }
      case .int8: bytes.elements(Int8.self, count) { Double($0) }
      case .uint8, .bool: bytes.elements(UInt8.self, count) { Double($0) }
      default: throw unsupported("as real numbers")
      }
    }
  }

  /// The elements of an integer or bool tensor that fit 64 bits.
  ///
  /// - Throws: `unsupportedScalarType` for every other scalar type.
  public func integers() throws(CheckpointError) -> [Int] {
    switch scalarType {
    case .int64:
      return try storage.withBytes { $0.elements(Int64.self, count) { Int($0) } }
    case .int32, .uint32, .int16, .uint16, .int8, .uint8, .bool:
      return try doubles().map { Int($0) }
    default: throw unsupported("as integers")
    }
  }

  /// A float tensor of these values, each rounded to the nearest of the scalar type.
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

  /// An int64 tensor, as PyTorch counts batches.
  public init(_ values: [Int], shape: [Int]) throws(CheckpointError) {
    let bytes = littleEndianBytes(values.map { Int64($0) })
    try self.init(.int64, shape: shape, storage: TensorStorage(ByteRegion(bytes)))
  }

  private func unsupported(_ use: String) -> CheckpointError {
    CheckpointError(.unsupportedScalarType, "\(scalarType.name) cannot be read \(use)")
  }
}

extension RawSpan {
  fileprivate func elements<Stored: FixedWidthInteger & BitwiseCopyable, Value>(
    _ type: Stored.Type, _ count: Int, _ value: (Stored) -> Value
  ) -> [Value] {
    (0..<count).map { index in
      let offset = index * MemoryLayout<Stored>.size
      return value(
        Stored(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: Stored.self)))
    }
  }
}

private func littleEndianBytes(_ values: [some FixedWidthInteger]) -> [UInt8] {
  values.flatMap { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
}

/// Rounds to the nearest bfloat16, ties to even, in one step: rounding by way of float32 would
/// round twice.
func bfloat16BitPattern(_ value: Double) -> UInt16 {
  let float = Float(value)
  guard float.isFinite else {
    return UInt16(float.bitPattern >> 16) | (float.isNaN ? 0x40 : 0)
  }
  // Where the double lies beside its float decides a tie between two bfloat16s.
  var pattern = float.bitPattern
  if pattern & 0xFFFF == 0x8000, Double(float) != value {
    let isAbove = abs(value) > abs(Double(float))
    pattern = isAbove ? pattern + 1 : pattern - 1
  }
  let rounding: UInt32 = 0x7FFF + (pattern >> 16 & 1)
  return UInt16(truncatingIfNeeded: (pattern + rounding) >> 16)
}
