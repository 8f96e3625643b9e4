internal import DBNTensors

/// The type of an array's elements, in NumPy's notation: `<f4`, `<U3`.
enum NumPyType: Equatable {
  case number(ScalarType, isBigEndian: Bool)
  case text(NumPyText)

  /// NumPy's notation for little-endian elements of a type; nil if NumPy has no such type.
  static func text(for type: ScalarType) -> String? {
    scalarTypes.first { $0.value == type }.map { (type.byteCount == 1 ? "|" : "<") + $0.key }
  }

  private static let scalarTypes: [String: ScalarType] = [
    "b1": .bool, "u1": .uint8, "i1": .int8, "u2": .uint16, "i2": .int16, "u4": .uint32,
    "i4": .int32, "u8": .uint64, "i8": .int64, "f2": .float16, "f4": .float32, "f8": .float64,
    "c8": .complex64, "c16": .complex128,
  ]

  /// - Throws: `numPyObjects` for Python objects, `numPyType` for types that no value has.
  init(_ text: String) throws(CheckpointError) {
    guard !text.dropFirst().hasPrefix("O") else {
      throw CheckpointError(
        .numPyObjects, "holds Python objects, which could run any program when they are loaded",
        advice: "save it as an array of numbers")
    }
    guard let order = text.first, "<>|".contains(order),
      let type = Self.type(text.dropFirst(), isBigEndian: order == ">"),
      order != "|" || type.componentByteCount == 1
    else {
      throw CheckpointError(
        .numPyType, "has elements of type '\(text.visible())', which no tensor has",
        advice: "save it as numbers of another type: array.astype('float32') before numpy.save")
    }
    self = type
  }

  private static func type(_ name: Substring, isBigEndian: Bool) -> NumPyType? {
    if let scalarType = scalarTypes[String(name)] {
      return .number(scalarType, isBigEndian: isBigEndian)
    }
    return NumPyText(name, isBigEndian: isBigEndian).map { .text($0) }
  }

  /// The size of what a byte order applies to.
  private var componentByteCount: Int {
    switch self {
    case .number(let scalarType, _): scalarType.byteCount
    case .text(let text): text.unitByteCount
    }
  }

  /// The bytes of all elements of an array, with checked arithmetic.
  func byteCount(of shape: [Int]) throws(CheckpointError) -> Int {
    switch self {
    case .number(let scalarType, _): try Tensor.byteCount(of: scalarType, shape: shape)
    case .text(let text): try Tensor.byteCount(of: .uint8, shape: shape + [text.byteCount])
    }
  }

  var description: String {
    switch self {
    case .number(let scalarType, _): scalarType.name
    case .text: "text"
    }
  }
}
