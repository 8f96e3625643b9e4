internal import DBNTensors

extension Catalog.Dataset {
  /// The dataset for a tensor, under a name in the group at a path.
  static func describing(
    _ tensor: Tensor, as name: String, in group: String
  ) -> Catalog.Dataset {
    var dataset = Catalog.Dataset(
      name, in: group, type: .storing(tensor.scalarType), shape: tensor.shape, extent: .none)
    if dataset.type != .scalar(tensor.scalarType) {
      dataset.setAttribute(Schema.Attribute.dtype, .string(tensor.scalarType.name))
    }
    if tensor.kind != .tensor {
      dataset.setAttribute(Schema.Attribute.kind, .string(Schema.Kind(tensor.kind).rawValue))
    }
    if tensor.requiresGrad {
      dataset.setAttribute(Schema.Attribute.requiresGrad, .bool(true))
    }
    return dataset
  }

  /// The dataset for a value that is neither a tensor nor a group, and its bytes.
  static func encoding(
    _ value: CheckpointValue, as name: String, in group: String
  ) throws(CheckpointError) -> (dataset: Catalog.Dataset, bytes: TensorStorage) {
    let kind = try Schema.Kind(value, name: group.appending(link: name))
    let (type, shape, bytes) = encoded(value)
    var dataset = Catalog.Dataset(name, in: group, type: type, shape: shape, extent: .none)
    dataset.setAttribute(Schema.Attribute.kind, .string(kind.rawValue))
    return (dataset, TensorStorage(ByteRegion(bytes)))
  }

  private static func encoded(
    _ value: CheckpointValue
  ) -> (type: Catalog.ElementType, shape: [Int]?, bytes: [UInt8]) {
    switch value {
    case .int(let number): (.scalar(.int64), [], number.littleEndianBytes)
    case .largeInt(let bytes), .bytes(let bytes), .byteArray(let bytes),
      .surrogateString(let bytes):
      (.scalar(.uint8), [bytes.count], bytes)
    case .float(let number): (.scalar(.float64), [], number.bitPattern.littleEndianBytes)
    case .bool(let flag): (.scalar(.bool), [], [flag ? 1 : 0])
    case .complex(let real, let imaginary):
      (
        .scalar(.complex128), [],
        real.bitPattern.littleEndianBytes + imaginary.bitPattern.littleEndianBytes
      )
    case .string(let text), .device(let text), .constant(let text): encoded(text)
    case .scalarType(let type): encoded(type.name)
    case .size(let sizes):
      (.scalar(.int64), [sizes.count], sizes.flatMap(\.littleEndianBytes))
    case .list(let elements), .tuple(let elements): encoded(PlainNumbers(elements))
    case .none, .set, .dictionary, .tensor, .opaque: (.scalar(.int8), nil, [])
    }
  }

  private static func encoded(
    _ text: String
  ) -> (type: Catalog.ElementType, shape: [Int]?, bytes: [UInt8]) {
    // HDF5 has no strings of zero bytes.
    if text.isEmpty { return (.fixedString(byteCount: 1, padding: .nulls), nil, []) }
    let bytes = Array(text.utf8)
    return (.fixedString(byteCount: bytes.count, padding: .nulls), [], bytes)
  }

  private static func encoded(
    _ numbers: PlainNumbers?
  ) -> (type: Catalog.ElementType, shape: [Int]?, bytes: [UInt8]) {
    switch numbers {
    case .ints(let ints): (.scalar(.int64), [ints.count], ints.flatMap(\.littleEndianBytes))
    case .floats(let floats):
      (.scalar(.float64), [floats.count], floats.flatMap(\.bitPattern.littleEndianBytes))
    case nil: (.scalar(.int8), nil, [])
    }
  }

  private mutating func setAttribute(_ name: String, _ value: Catalog.Attribute.Value) {
    attributes.append(Catalog.Attribute(name, value))
  }
}

/// The elements of a list that is stored as one dataset: all 64-bit integers, or all floats.
enum PlainNumbers {
  case ints([Int])
  case floats([Double])

  init?(_ elements: [CheckpointValue]) {
    var (ints, floats) = ([Int](), [Double]())
    for element in elements {
      switch element {
      case .int(let number): ints.append(number)
      case .float(let number): floats.append(number)
      default: return nil
      }
    }
    switch (ints.isEmpty, floats.isEmpty) {
    case (false, true): self = .ints(ints)
    case (true, false): self = .floats(floats)
    default: return nil
    }
  }
}

extension Catalog.ElementType {
  /// How elements of a scalar type are stored: unchanged if HDF5 has the type, else as unsigned
  /// integers of the same size. HDF5 can describe 8-bit floats, but its library converts some of
  /// them incorrectly.
  fileprivate static func storing(_ type: ScalarType) -> Catalog.ElementType {
    if type.isReal || type.isComplex { return .scalar(type) }
    return .scalar(type.byteCount == 1 ? .uint8 : .uint16)
  }
}

extension FixedWidthInteger {
  fileprivate var littleEndianBytes: [UInt8] {
    withUnsafeBytes(of: littleEndian) { Array($0) }
  }
}
