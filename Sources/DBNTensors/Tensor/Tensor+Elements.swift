extension Tensor {
  /// The elements in row-major order.
  ///
  /// If the scalar type differs, floats are rounded to the nearest, and integers and bools become
  /// numbers of the same value; floats are not converted to integers.
  ///
  /// - Throws: `unsupportedScalarType` if there is no such conversion; `overflow` for an integer
  ///   that the type can't hold.
  public func array<Element: TensorElement>(
    of type: Element.Type
  ) throws(CheckpointError) -> [Element] {
    try storage.withBytes { bytes throws(CheckpointError) in try elements(bytes) }
  }

  /// Calls `body` with the elements, valid only during the call: in place if they are stored in
  /// this type, otherwise converted as by `array(of:)`.
  public func withSpan<Element: TensorElement, Value>(
    of type: Element.Type, _ body: (Span<Element>) throws(CheckpointError) -> Value
  ) throws(CheckpointError) -> Value {
    try storage.withBytes { bytes throws(CheckpointError) in
      if let plain = plainElements(bytes, type) { return try body(plain.span) }
      let converted: [Element] = try elements(bytes)
      return try body(converted.span)
    }
  }

  private func elements<Element: TensorElement>(
    _ bytes: RawSpan
  ) throws(CheckpointError) -> [Element] {
    if let plain = plainElements(bytes, Element.self) { return Array(plain) }
    if scalarType.isFloatingPoint && Element.scalarType.isFloatingPoint { return converted(bytes) }
    guard scalarType.isReal, !scalarType.isFloatingPoint else {
      throw CheckpointError(
        .unsupportedScalarType,
        "\(scalarType.name) elements cannot be read as \(Element.self)",
        advice: scalarType.isReal ? "read them as Double" : "read the tensor's bytes")
    }
    return try integers(bytes)
  }

  /// The elements in place, if they are of the type and aligned. Not for Bool: a stored bool can be
  /// any byte, a Bool can not.
  private func plainElements<Element: TensorElement>(
    _ bytes: RawSpan, _ type: Element.Type
  ) -> UnsafeBufferPointer<Element>? {
    guard scalarType == Element.scalarType, type != Bool.self else { return nil }
    return bytes.withUnsafeBytes { buffer in
      let address = UInt(bitPattern: buffer.baseAddress)
      guard address % UInt(MemoryLayout<Element>.alignment) == 0 else { return nil }
      return buffer.bindMemory(to: Element.self)
    }
  }

  private func converted<Element: TensorElement>(_ bytes: RawSpan) -> [Element] {
    [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      _ = convertFloats(
        bytes, scalarType, to: UnsafeMutableRawBufferPointer(buffer), Element.scalarType)
      initialized = count
    }
  }

  private func integers<Element: TensorElement>(
    _ bytes: RawSpan
  ) throws(CheckpointError) -> [Element] {
    switch scalarType {
    case .bool: try elements(bytes, UInt8.self) { $0 == 0 ? 0 : 1 }
    case .uint8: try elements(bytes, UInt8.self)
    case .int8: try elements(bytes, Int8.self)
    case .uint16: try elements(bytes, UInt16.self)
    case .int16: try elements(bytes, Int16.self)
    case .uint32: try elements(bytes, UInt32.self)
    case .int32: try elements(bytes, Int32.self)
    case .uint64: try elements(bytes, UInt64.self)
    default: try elements(bytes, Int64.self)
    }
  }

  private func elements<Stored: FixedWidthInteger & BitwiseCopyable, Element: TensorElement>(
    _ bytes: RawSpan, _ type: Stored.Type, _ meaning: (Stored) -> Stored = { $0 }
  ) throws(CheckpointError) -> [Element] {
    var elements: [Element] = []
    elements.reserveCapacity(count)
    for index in 0..<count {
      let stored = Stored(
        littleEndian: bytes.unsafeLoadUnaligned(
          fromByteOffset: index * MemoryLayout<Stored>.size, as: Stored.self))
      guard let element = Element(integer: meaning(stored)) else {
        throw CheckpointError(
          .overflow, "element \(index), \(stored), does not fit into \(Element.self)")
      }
      elements.append(element)
    }
    return elements
  }
}
