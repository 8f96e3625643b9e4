import DBNCHDF5
import DBNTensors

@testable import DBNHDF5

extension Handle {
  /// What elements of this type are.
  func elementType(_ name: String) throws(CheckpointError) -> Catalog.ElementType {
    let byteCount = H5Tget_size(identifier)
    guard byteCount > 0 else { throw error("cannot describe the type", name) }
    switch H5Tget_class(identifier) {
    case H5T_INTEGER: return integerType(byteCount)
    case H5T_FLOAT: return floatType(byteCount)
    case H5T_STRING: return stringType(byteCount)
    case H5T_OPAQUE: return .opaque(byteCount: byteCount)
    case H5T_ENUM: return try enumerationType(name)
    case H5T_COMPOUND: return try compoundType(byteCount, name)
    case H5T_TIME: return .unsupported("a time")
    case H5T_BITFIELD: return .unsupported("a bit field")
    case H5T_REFERENCE: return .unsupported("a reference")
    case H5T_VLEN: return .unsupported("a sequence of variable length")
    case H5T_ARRAY: return .unsupported("an array")
    default: return .unsupported("an unknown type")
    }
  }

  private func integerType(_ byteCount: Int) -> Catalog.ElementType {
    let unused: Catalog.ElementType = .unsupported("an integer with unused bits or of odd size")
    guard hasNoPadding(byteCount), let isBigEndian else { return unused }
    let isSigned = H5Tget_sign(identifier) == H5T_SGN_2
    let type: ScalarType? =
      switch byteCount {
      case 1: isSigned ? .int8 : .uint8
      case 2: isSigned ? .int16 : .uint16
      case 4: isSigned ? .int32 : .uint32
      case 8: isSigned ? .int64 : .uint64
      default: nil
      }
    return type.map { .scalar($0, isBigEndian: isBigEndian && byteCount > 1) } ?? unused
  }

  private func floatType(_ byteCount: Int) -> Catalog.ElementType {
    guard let type = floatFormat?.type, type.byteCount == byteCount, let isBigEndian,
      hasNoPadding(byteCount)
    else {
      return .unsupported("a float of \(byteCount) bytes that is not IEEE 754 or bfloat16")
    }
    return .scalar(type, isBigEndian: isBigEndian)
  }

  private func stringType(_ byteCount: Int) -> Catalog.ElementType {
    if H5Tis_variable_str(identifier) > 0 { return .variableString }
    return switch H5Tget_strpad(identifier) {
    case H5T_STR_NULLTERM: .fixedString(byteCount: byteCount, padding: .nullTerminated)
    case H5T_STR_NULLPAD: .fixedString(byteCount: byteCount, padding: .nulls)
    case H5T_STR_SPACEPAD: .fixedString(byteCount: byteCount, padding: .spaces)
    default: .unsupported("text with an unknown padding")
    }
  }

  /// h5py's bool: an enumeration of int8 with the members FALSE and TRUE.
  private func enumerationType(_ name: String) throws(CheckpointError) -> Catalog.ElementType {
    let base = try Handle("cannot describe the type", name: name, H5Tget_super(identifier))
    guard H5Tget_class(base.identifier) == H5T_INTEGER, H5Tget_size(base.identifier) == 1,
      H5Tget_sign(base.identifier) == H5T_SGN_2, H5Tget_nmembers(identifier) == 2,
      try memberName(0, name) == "FALSE", try memberName(1, name) == "TRUE",
      try memberValue(0, name) == 0, try memberValue(1, name) == 1
    else { return .unsupported("an enumeration other than FALSE = 0, TRUE = 1") }
    return .scalar(.bool)
  }

  /// h5py's complex: a compound of two equal floats r and i.
  private func compoundType(
    _ byteCount: Int, _ name: String
  ) throws(CheckpointError) -> Catalog.ElementType {
    let other: Catalog.ElementType = .unsupported("a compound other than {r, i}")
    guard H5Tget_nmembers(identifier) == 2, try memberName(0, name) == "r",
      try memberName(1, name) == "i", H5Tget_member_offset(identifier, 0) == 0,
      H5Tget_member_offset(identifier, 1) == byteCount / 2, byteCount <= 16
    else { return other }
    let real = try memberType(0, name), imaginary = try memberType(1, name)
    guard real == imaginary, case .scalar(let part, let isBigEndian) = real,
      part.byteCount * 2 == byteCount
    else { return other }
    switch part {
    case .float16: return .scalar(.complex32, isBigEndian: isBigEndian)
    case .float32: return .scalar(.complex64, isBigEndian: isBigEndian)
    case .float64: return .scalar(.complex128, isBigEndian: isBigEndian)
    default: return other
    }
  }

  private func memberName(_ index: UInt32, _ name: String) throws(CheckpointError) -> String {
    guard let text = H5Tget_member_name(identifier, index) else {
      throw error("cannot describe the type", name)
    }
    return try String(takingLibraryString: text, name: name)
  }

  /// The value of an enumeration's member, whose base is int8.
  private func memberValue(_ index: UInt32, _ name: String) throws(CheckpointError) -> Int8 {
    var value: Int8 = 0
    try check(
      "cannot describe the type", name: name, H5Tget_member_value(identifier, index, &value))
    return value
  }

  /// The type of a compound's member. Only a number, so that a file can't make this recurse.
  private func memberType(
    _ index: UInt32, _ name: String
  ) throws(CheckpointError) -> Catalog.ElementType {
    let member = try Handle(
      "cannot describe the type", name: name, H5Tget_member_type(identifier, index))
    guard H5Tget_class(member.identifier) == H5T_FLOAT else { return .unsupported("no float") }
    return member.floatType(H5Tget_size(member.identifier))
  }

  private var isBigEndian: Bool? {
    switch H5Tget_order(identifier) {
    case H5T_ORDER_LE: false
    case H5T_ORDER_BE: true
    default: nil
    }
  }

  private func hasNoPadding(_ byteCount: Int) -> Bool {
    H5Tget_precision(identifier) == byteCount * 8 && H5Tget_offset(identifier) == 0
  }

  private var floatFormat: FloatFormat? {
    var (sign, exponent, exponentSize, mantissa, mantissaSize) = (0, 0, 0, 0, 0)
    guard
      H5Tget_fields(
        identifier, &sign, &exponent, &exponentSize, &mantissa, &mantissaSize) >= 0,
      H5Tget_norm(identifier) == H5T_NORM_IMPLIED, mantissa == 0, exponent == mantissaSize,
      sign == exponent + exponentSize
    else { return nil }
    return FloatFormat.known.first {
      $0.exponentBits == exponentSize && $0.mantissaBits == mantissaSize
        && $0.bias == H5Tget_ebias(identifier)
    }
  }

  private func error(_ purpose: String, _ name: String) -> CheckpointError {
    do throws(CheckpointError) {
      try check(purpose, name: name, -1)
    } catch {
      return error
    }
    return CheckpointError(.hdf5Library, name: name, purpose)
  }
}
