/// The type of a tensor's elements: PyTorch's dtypes, by PyTorch's names.
///
/// Source: `torch/csrc/utils/tensor_dtypes.cpp`, `c10/core/ScalarType.h`.
public enum ScalarType: String, Sendable, Hashable, CaseIterable {
  case bool
  case uint8
  case int8
  case uint16
  case int16
  case uint32
  case int32
  case uint64
  case int64
  case float16
  case bfloat16
  case float32
  case float64
  case complex32
  case complex64
  case complex128
  /// Pairs of bfloat16.
  case bcomplex32
  case float8E4M3FN = "float8_e4m3fn"
  case float8E5M2 = "float8_e5m2"
  case float8E4M3FNUZ = "float8_e4m3fnuz"
  case float8E5M2FNUZ = "float8_e5m2fnuz"
  case float8E8M0FNU = "float8_e8m0fnu"
  /// Two 4-bit floats in one byte; shapes count bytes.
  case float4E2M1FNx2 = "float4_e2m1fn_x2"
  /// Uninterpreted bits: elements of 8, 16, 1, 2 or 4 bits; shapes count bytes, or pairs of bytes
  /// for `bits16`.
  case bits8
  case bits16
  case bits1x8
  case bits2x4
  case bits4x2

  /// PyTorch's name without the `torch.`: `float32`, `float8_e4m3fn`.
  public var name: String { rawValue }

  /// The size of one element in bytes.
  public var byteCount: Int {
    switch self {
    case .bool, .uint8, .int8, .float8E4M3FN, .float8E5M2, .float8E4M3FNUZ, .float8E5M2FNUZ,
      .float8E8M0FNU, .float4E2M1FNx2, .bits8, .bits1x8, .bits2x4, .bits4x2:
      1
    case .uint16, .int16, .float16, .bfloat16, .bits16: 2
    case .uint32, .int32, .float32, .complex32, .bcomplex32: 4
    case .uint64, .int64, .float64, .complex64: 8
    case .complex128: 16
    }
  }

  /// Whether elements can be read as doubles: the integers, bool, and the floats of at least 16
  /// bits.
  public var isReal: Bool {
    switch self {
    case .bool, .uint8, .int8, .uint16, .int16, .uint32, .int32, .uint64, .int64, .float16,
      .bfloat16, .float32, .float64:
      true
    default: false
    }
  }

  /// Whether elements are pairs of a real and an imaginary part.
  public var isComplex: Bool {
    switch self {
    case .complex32, .bcomplex32, .complex64, .complex128: true
    default: false
    }
  }

  /// The size in bytes of the unit that byte order applies to: half of a complex number.
  public var componentByteCount: Int { isComplex ? byteCount / 2 : byteCount }
}
