internal import DBNTensors

/// An element type in NumPy's notation: `<f4`.
struct NumPyType: Equatable {
  let scalarType: ScalarType
  /// Whether elements have their most significant byte first.
  let isBigEndian: Bool

  /// NumPy's notation for little-endian elements of a type; nil if NumPy has no such type.
  static func text(for type: ScalarType) -> String? {
    scalarTypes.first { $0.value == type }.map { (type.byteCount == 1 ? "|" : "<") + $0.key }
  }

  private static let scalarTypes: [String: ScalarType] = [
    "b1": .bool, "u1": .uint8, "i1": .int8, "u2": .uint16, "i2": .int16, "u4": .uint32,
    "i4": .int32, "u8": .uint64, "i8": .int64, "f2": .float16, "f4": .float32, "f8": .float64,
    "c8": .complex64, "c16": .complex128,
  ]

  /// - Throws: `numPyObjects` for Python objects, `numPyType` for types that no tensor has.
  init(_ text: String) throws(CheckpointError) {
    guard !text.dropFirst().hasPrefix("O") else {
      throw CheckpointError(
        .numPyObjects, "holds Python objects, which could run any program when they are loaded",
        advice: "save it as an array of numbers")
    }
    guard let order = text.first, "<>|".contains(order),
      let scalarType = Self.scalarTypes[String(text.dropFirst())],
      order != "|" || scalarType.byteCount == 1
    else {
      throw CheckpointError(
        .numPyType, "has elements of type '\(text.visible())', which no tensor has",
        advice: "convert it with astype, to float32 for example")
    }
    self.scalarType = scalarType
    isBigEndian = order == ">"
  }
}
