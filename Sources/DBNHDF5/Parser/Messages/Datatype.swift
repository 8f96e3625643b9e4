internal import DBNTensors

/// The type of the elements of a dataset or attribute.
///
/// Source: HDF5 File Format Specification 3.0, section IV.A.2.d.
struct Datatype {
  private(set) var elementType: Catalog.ElementType
  /// The stored bytes of an element; for variable-length strings, those of the reference.
  let byteCount: Int
  /// For arrays as elements: their shape, whose sizes follow those of the dataset. `elementType` and
  /// `byteCount` are those of the array's elements.
  private(set) var arrayShape: [Int] = []
  /// Whether the elements are integers with names, which a tensor does not have.
  let isEnumeration: Bool

  /// The fields at the start of all types.
  private struct Prefix {
    let version: UInt8
    let typeClass: UInt8
    let bits: UInt32
    let byteCount: Int

    init(parsing reader: inout ByteReader) throws(CheckpointError) {
      let first = try reader.read(UInt32.self)
      version = UInt8(first >> 4 & 0xF)
      typeClass = UInt8(first & 0xF)
      bits = first >> 8
      byteCount = try reader.readCount(UInt32.self)
      guard 1...5 ~= version, byteCount > 0 else {
        throw .invalidMetadata(
          "a type has version \(version) and \(byteCount) bytes", at: reader.fileOffset)
      }
    }

    func has(bit: UInt32) -> Bool { bits >> bit & 1 != 0 }
  }

  init(parsing reader: inout ByteReader) throws(CheckpointError) {
    var prefix = try Prefix(parsing: &reader)
    let wholeByteCount = prefix.byteCount
    while prefix.typeClass == Datatype.array {
      arrayShape += try Datatype.arraySizes(prefix, &reader)
      prefix = try Prefix(parsing: &reader)
    }
    byteCount = prefix.byteCount
    let isCounted = try? Tensor.byteCount(of: .uint8, shape: arrayShape + [byteCount])
    guard isCounted == wholeByteCount, arrayShape.count <= Dataspace.rankLimit else {
      throw .invalidMetadata(
        "an array does not have the size of its elements", at: reader.fileOffset)
    }
    elementType =
      switch prefix.typeClass {
      case 0: try Datatype.integer(prefix, &reader)
      case 1: try Datatype.float(prefix, &reader)
      case 2: .unsupported("a time")
      case 3: Datatype.text(prefix)
      case 4: try Datatype.integer(prefix, &reader, isBitField: true)
      case 5: Datatype.opaque(prefix, &reader)
      case 6: try Datatype.compound(prefix, &reader)
      case 7: .unsupported("a reference")
      case 8: try Datatype.enumeration(prefix, &reader)
      case 9: Datatype.variableLength(prefix)
      case 11: try Datatype.complex(prefix, &reader)
      default: .unsupported("an unknown type")
      }
    isEnumeration = prefix.typeClass == 8 && elementType != .scalar(.bool)
  }

  private static let array: UInt8 = 10

  private static func arraySizes(
    _ prefix: Prefix, _ reader: inout ByteReader
  ) throws(CheckpointError) -> [Int] {
    let rank = Int(try reader.read(UInt8.self))
    if prefix.version < 3 { try reader.skip(3) }
    var sizes: [Int] = []
    for _ in 0..<rank { sizes.append(try reader.readCount(UInt32.self)) }
    // The order of dimensions, which was never anything else than theirs.
    if prefix.version < 3 { try reader.skip(4 * rank) }
    return sizes
  }

  private static func integer(
    _ prefix: Prefix, _ reader: inout ByteReader, isBitField: Bool = false
  ) throws(CheckpointError) -> Catalog.ElementType {
    let (offset, precision) = (try reader.read(UInt16.self), try reader.read(UInt16.self))
    let isSigned = !isBitField && prefix.has(bit: 3)
    let isBigEndian = prefix.has(bit: 0) && prefix.byteCount > 1
    let padded = PaddedInteger(
      byteCount: prefix.byteCount, isBigEndian: isBigEndian, offset: Int(offset),
      precision: Int(precision), isSigned: isSigned)
    let other =
      padded.map { .padded($0) } ?? Catalog.ElementType.unsupported("an integer of odd size")
    guard offset == 0, Int(precision) == prefix.byteCount * 8 else { return other }
    let type: ScalarType? =
      switch prefix.byteCount {
      case 1: isSigned ? .int8 : .uint8
      case 2: isSigned ? .int16 : .uint16
      case 4: isSigned ? .int32 : .uint32
      case 8: isSigned ? .int64 : .uint64
      default: nil
      }
    return type.map { .scalar($0, isBigEndian: isBigEndian) } ?? other
  }

  private static func float(
    _ prefix: Prefix, _ reader: inout ByteReader
  ) throws(CheckpointError) -> Catalog.ElementType {
    let (offset, precision) = (try reader.read(UInt16.self), try reader.read(UInt16.self))
    let exponent = (offset: try reader.read(UInt8.self), bits: try reader.read(UInt8.self))
    let mantissa = (offset: try reader.read(UInt8.self), bits: try reader.read(UInt8.self))
    let bias = try reader.read(UInt32.self)
    let sign = Int(prefix.bits >> 8 & 0xFF)
    let format = FloatFormat.known.first {
      $0.exponentBits == exponent.bits && $0.mantissaBits == mantissa.bits && $0.bias == bias
    }
    let (isBigEndian, isVAX, hasImpliedBit) =
      (prefix.has(bit: 0) && prefix.byteCount > 1, prefix.has(bit: 6), prefix.bits >> 4 & 3 == 2)
    let other: Catalog.ElementType = .unsupported(
      "a float of \(prefix.byteCount) bytes that PyTorch does not have")
    guard !isVAX, hasImpliedBit else { return other }
    if let format, format.type.byteCount == prefix.byteCount, offset == 0,
      Int(precision) == prefix.byteCount * 8, mantissa.offset == 0,
      Int(exponent.offset) == format.mantissaBits, sign == format.mantissaBits + format.exponentBits
    {
      return .scalar(format.type, isBigEndian: isBigEndian)
    }
    let float = OtherFloat(
      byteCount: prefix.byteCount, isBigEndian: isBigEndian, sign: sign,
      exponent: .init(offset: Int(exponent.offset), bitCount: Int(exponent.bits)),
      mantissa: .init(offset: Int(mantissa.offset), bitCount: Int(mantissa.bits)), bias: bias)
    return float.map { .otherFloat($0) } ?? other
  }

  private static func text(_ prefix: Prefix) -> Catalog.ElementType {
    switch prefix.bits & 0xF {
    case 0: .fixedString(byteCount: prefix.byteCount, padding: .nullTerminated)
    case 1: .fixedString(byteCount: prefix.byteCount, padding: .nulls)
    case 2: .fixedString(byteCount: prefix.byteCount, padding: .spaces)
    default: .unsupported("text with an unknown padding")
    }
  }

  /// Bytes with a tag, in which the writer may say what they are: `NUMPY:<M8[s]` of h5py. A tag that
  /// can't be read is left out.
  private static func opaque(_ prefix: Prefix, _ reader: inout ByteReader) -> Catalog.ElementType {
    let stored = try? reader.readRegion(count: Int(prefix.bits & 0xFF)).array
    let tag = String(decoding: (stored ?? []).prefix { $0 != 0 }, as: UTF8.self)
    return .opaque(byteCount: prefix.byteCount, tag: tag.isEmpty ? nil : tag)
  }

  private static func variableLength(_ prefix: Prefix) -> Catalog.ElementType {
    prefix.bits & 0xF == 1 ? .variableString : .unsupported("a sequence of variable length")
  }

  /// h5py's complex type: a compound of two equal floats r and i. Members other than numbers are
  /// not parsed, so that a file can't cause recursion.
  private static func compound(
    _ prefix: Prefix, _ reader: inout ByteReader
  ) throws(CheckpointError) -> Catalog.ElementType {
    let count = Int(prefix.bits & 0xFFFF)
    var copy = reader
    let first = (try? copy.readMemberName(version: prefix.version)) ?? nil
    let other: Catalog.ElementType = .unsupported(
      "a compound of \(counted(count, "value"))"
        + (first.map { " (\(count == 1 ? "'\($0.visible())'" : "'\($0.visible())', ..."))" } ?? ""))
    guard count == 2, prefix.byteCount <= 16 else { return other }
    var parts: [Catalog.ElementType] = []
    for (name, offset) in [(MemberName.real, 0), (MemberName.imaginary, prefix.byteCount / 2)] {
      guard try reader.readMemberName(version: prefix.version) == name,
        try reader.readMemberOffset(version: prefix.version) == offset
      else { return other }
      let member = try Prefix(parsing: &reader)
      guard member.typeClass == 1 else { return other }
      parts.append(try float(member, &reader))
    }
    guard parts[0] == parts[1] else { return other }
    return complex(of: parts[0], byteCount: prefix.byteCount) ?? other
  }

  /// HDF5 2.0's complex type, of two equal floats, which are described once.
  private static func complex(
    _ prefix: Prefix, _ reader: inout ByteReader
  ) throws(CheckpointError) -> Catalog.ElementType {
    let other: Catalog.ElementType = .unsupported("a complex number of a kind that is not known")
    let (isHomogeneous, form) = (prefix.has(bit: 0), prefix.bits >> 1 & 3)
    let part = try Prefix(parsing: &reader)
    guard isHomogeneous, form == 0, part.typeClass == 1 else { return other }
    return complex(of: try float(part, &reader), byteCount: prefix.byteCount) ?? other
  }

  private static func complex(
    of part: Catalog.ElementType, byteCount: Int
  ) -> Catalog.ElementType? {
    guard case .scalar(let part, let isBigEndian) = part, part.byteCount * 2 == byteCount else {
      return nil
    }
    return switch part {
    case .float16: .scalar(.complex32, isBigEndian: isBigEndian)
    case .bfloat16: .scalar(.bcomplex32, isBigEndian: isBigEndian)
    case .float32: .scalar(.complex64, isBigEndian: isBigEndian)
    case .float64: .scalar(.complex128, isBigEndian: isBigEndian)
    default: nil
    }
  }

  /// An enumeration is its integers; one of a byte with the members FALSE and TRUE is a bool, as
  /// h5py (over int8) and others (over uint8) write it.
  private static func enumeration(
    _ prefix: Prefix, _ reader: inout ByteReader
  ) throws(CheckpointError) -> Catalog.ElementType {
    let base = try Prefix(parsing: &reader)
    guard base.typeClass == 0, base.byteCount == prefix.byteCount else {
      return .unsupported("an enumeration of something that is not an integer")
    }
    let integers = try integer(base, &reader)
    guard prefix.bits & 0xFFFF == 2, prefix.byteCount == 1,
      try reader.readMemberName(version: prefix.version) == MemberName.isFalse,
      try reader.readMemberName(version: prefix.version) == MemberName.isTrue,
      try reader.read(UInt8.self) == 0, try reader.read(UInt8.self) == 1
    else { return integers }
    return .scalar(.bool)
  }
}

extension ByteReader {
  /// Reads a NUL-terminated name; before version 3, it is padded to a multiple of eight bytes.
  fileprivate mutating func readMemberName(version: UInt8) throws(CheckpointError) -> String? {
    var name: [UInt8] = []
    while true {
      let byte = try read(UInt8.self)
      if byte == 0 { break }
      name.append(byte)
    }
    if version < 3 { try skip((8 - (name.count + 1) % 8) % 8) }
    return String(validating: name, as: UTF8.self)
  }

  /// Reads the offset of a member in a compound of at most 16 bytes. In version 1 a member can have
  /// dimensions; such a member, which later versions write as an array, gets the offset -1.
  fileprivate mutating func readMemberOffset(version: UInt8) throws(CheckpointError) -> Int {
    if version >= 3 { return Int(try read(UInt8.self)) }
    let offset = try readCount(UInt32.self)
    guard version == 1 else { return offset }
    let rank = try read(UInt8.self)
    try skip(3 + 4 + 4 + 16)
    return rank == 0 ? offset : -1
  }
}
