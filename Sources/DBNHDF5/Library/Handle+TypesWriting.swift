internal import DBNCHDF5
internal import DBNTensors

extension Handle {
  /// The HDF5 type in which h5py would write such elements.
  static func type(
    of element: Catalog.ElementType, path: String
  ) throws(CheckpointError) -> Handle {
    switch element {
    case .scalar(let type, isBigEndian: false): return try self.type(of: type, path: path)
    case .fixedString(let byteCount, _):
      let text = try copy(ofType: chdf5_type_c_string())
      try check("cannot make a type", name: path, H5Tset_size(text.identifier, byteCount))
      try check("cannot make a type", H5Tset_cset(text.identifier, H5T_CSET_UTF8))
      try check("cannot make a type", H5Tset_strpad(text.identifier, H5T_STR_NULLPAD))
      return text
    case .scalar, .padded, .otherFloat, .variableString, .opaque, .unsupported:
      throw CheckpointError(.cannotBeWritten, name: path, "has elements that can only be read")
    }
  }

  private static func type(
    of scalarType: ScalarType, path: String
  ) throws(CheckpointError) -> Handle {
    switch scalarType {
    case .bool: return try boolean()
    case .uint8, .uint16, .uint32, .uint64:
      return try integer(byteCount: scalarType.byteCount, sign: H5T_SGN_NONE)
    case .int8, .int16, .int32, .int64:
      return try integer(byteCount: scalarType.byteCount, sign: H5T_SGN_2)
    case .complex32: return try complex(of: .float16)
    case .bcomplex32: return try complex(of: .bfloat16)
    case .complex64: return try complex(of: .float32)
    case .complex128: return try complex(of: .float64)
    default:
      guard let format = FloatFormat.known.first(where: { $0.type == scalarType }) else {
        throw CheckpointError(.cannotBeWritten, name: path, "HDF5 has no type \(scalarType.name)")
      }
      return try float(format)
    }
  }

  private static func integer(
    byteCount: Int, sign: H5T_sign_t
  ) throws(CheckpointError) -> Handle {
    let type = try copy(ofType: chdf5_type_int8())
    try check("cannot make a type", H5Tset_precision(type.identifier, byteCount * 8))
    try check("cannot make a type", H5Tset_sign(type.identifier, sign))
    return type
  }

  /// Makes a narrower float type from a wider one: fields are set first, so that none is out of
  /// range.
  private static func float(_ format: FloatFormat) throws(CheckpointError) -> Handle {
    let bits = format.type.byteCount * 8
    if bits == 64 { return try copy(ofType: chdf5_type_float64()) }
    let type = try copy(ofType: chdf5_type_float32())
    guard bits < 32 else { return type }
    try check(
      "cannot make a type",
      H5Tset_fields(
        type.identifier, bits - 1, format.mantissaBits, format.exponentBits, 0,
        format.mantissaBits))
    try check("cannot make a type", H5Tset_size(type.identifier, format.type.byteCount))
    try check("cannot make a type", H5Tset_ebias(type.identifier, format.bias))
    return type
  }

  private static func boolean() throws(CheckpointError) -> Handle {
    let type = try Handle("cannot make a type", H5Tenum_create(chdf5_type_int8()))
    for (name, value) in [(MemberName.isFalse, 0 as Int8), (MemberName.isTrue, 1)] {
      try check("cannot make a type", H5Tenum_insert(type.identifier, name, [value]))
    }
    return type
  }

  private static func complex(of part: ScalarType) throws(CheckpointError) -> Handle {
    let part = try type(of: part, path: "")
    let byteCount = H5Tget_size(part.identifier)
    let type = try Handle("cannot make a type", H5Tcreate(H5T_COMPOUND, 2 * byteCount))
    for (name, offset) in [(MemberName.real, 0), (MemberName.imaginary, byteCount)] {
      try check("cannot make a type", H5Tinsert(type.identifier, name, offset, part.identifier))
    }
    return type
  }
}
