extension ScalarType {
  /// The type with a raw value of `ScalarType` in `torch/_export/serde/schema.py`.
  package init?(exportCode code: Int) {
    switch code {
    case 1: self = .uint8
    case 2: self = .int8
    case 3: self = .int16
    case 4: self = .int32
    case 5: self = .int64
    case 6: self = .float16
    case 7: self = .float32
    case 8: self = .float64
    case 9: self = .complex32
    case 10: self = .complex64
    case 11: self = .complex128
    case 12: self = .bool
    case 13: self = .bfloat16
    case 28: self = .uint16
    case 29: self = .float8E4M3FN
    case 30: self = .float8E5M2
    case 31: self = .float8E4M3FNUZ
    case 32: self = .float8E5M2FNUZ
    case 33: self = .float8E8M0FNU
    case 34: self = .uint32
    case 35: self = .uint64
    default: return nil
    }
  }
}
