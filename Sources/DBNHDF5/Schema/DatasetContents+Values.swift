internal import DBNTensors

extension DatasetContents {
  /// The value of the dataset according to its attribute `kind`; without one, inferred from its
  /// type: a tensor, a string, None.
  mutating func value(
    _ index: Int, crc32: UInt32?
  ) throws(CheckpointError) -> CheckpointValue {
    let dataset = catalog.datasets[index]
    let text = dataset.attributes.string(Schema.Attribute.kind)
    let kind = text.map { Schema.Kind(rawValue: $0) } ?? dataset.impliedKind
    switch kind {
    case .tensor, .parameter, .buffer: return .tensor(try schemaTensor(index, crc32: crc32))
    case .null: return .none
    case .int: return try integer(index)
    case .float: return .float(try scalar(index, .float64, 0 as Double))
    case .bool: return .bool(try scalar(index, .bool, 0 as UInt8) != 0)
    case .complex:
      let parts = try numbers(index, .complex128, shape: [], 0 as Double)
      return .complex(real: parts[0], imaginary: parts[1])
    case .string: return .string(try string(index))
    case .scalarType: return .scalarType(try scalarType(index))
    case .device: return .device(try string(index))
    case .constant: return .constant(try string(index))
    case .surrogateString: return .surrogateString(try byteString(index))
    case .bytes: return .bytes(try byteString(index))
    case .byteArray: return .byteArray(try byteString(index))
    case .size: return .size(try numbers(index, .int64, 0 as Int))
    case .list: return .list(try plainNumbers(index))
    case .tuple: return .tuple(try plainNumbers(index))
    case .dict, .orderedDict, .counter, .set, .value, nil:
      throw SchemaReader.violation(
        dataset.path, "has a kind that no dataset has: '\(text?.visible() ?? "")'")
    }
  }

  private mutating func schemaTensor(
    _ index: Int, crc32: UInt32?
  ) throws(CheckpointError) -> Tensor {
    let attributes = catalog.datasets[index].attributes
    var tensor = try tensor(index, crc32: crc32)
    tensor.kind =
      attributes.string(Schema.Attribute.kind)
      .flatMap { Schema.Kind(rawValue: $0)?.tensorKind } ?? .tensor
    tensor.requiresGrad = attributes[Schema.Attribute.requiresGrad] == .bool(true)
    return tensor
  }

  /// An integer: a scalar of 64 bits, or the bytes of a larger one.
  private func integer(_ index: Int) throws(CheckpointError) -> CheckpointValue {
    guard catalog.datasets[index].shape?.count == 1 else {
      return .int(try scalar(index, .int64, 0 as Int))
    }
    return .largeInt(try byteString(index))
  }

  private func byteString(_ index: Int) throws(CheckpointError) -> [UInt8] {
    try numbers(index, .uint8, 0 as UInt8)
  }

  private func plainNumbers(_ index: Int) throws(CheckpointError) -> [CheckpointValue] {
    if case .scalar(.float64, _) = catalog.datasets[index].type {
      return try numbers(index, .float64, 0 as Double).map { .float($0) }
    }
    return try numbers(index, .int64, 0 as Int).map { .int($0) }
  }

  /// A string; all bytes belong to it, because strings are written without padding.
  private func string(_ index: Int) throws(CheckpointError) -> String {
    let dataset = catalog.datasets[index]
    switch (dataset.type, dataset.shape) {
    case (_, nil): return ""
    case (.fixedString, []):
      guard let text = String(validating: try smallBytes(index), as: UTF8.self) else {
        throw CheckpointError(.invalidText, name: dataset.path, "the text is not valid UTF-8")
      }
      return text
    case (.variableString, []):
      guard case .string(let text) = try text(index) else { break }
      return text
    default: break
    }
    throw SchemaReader.violation(dataset.path, "must be a scalar string")
  }

  private func scalarType(_ index: Int) throws(CheckpointError) -> ScalarType {
    let name = try string(index)
    guard let type = ScalarType(rawValue: name) else {
      throw SchemaReader.violation(
        catalog.datasets[index].path, "names the unknown dtype '\(name.visible())'")
    }
    return type
  }

  private func scalar<Number: BitwiseCopyable>(
    _ index: Int, _ type: ScalarType, _ zero: Number
  ) throws(CheckpointError) -> Number {
    try numbers(index, type, shape: [], zero)[0]
  }

  /// The numbers of a dataset, which must have this type, and the given shape or else one
  /// dimension.
  private func numbers<Number: BitwiseCopyable>(
    _ index: Int, _ type: ScalarType, shape: [Int]? = nil, _ zero: Number
  ) throws(CheckpointError) -> [Number] {
    let dataset = catalog.datasets[index]
    guard case .scalar(type, _) = dataset.type, let found = dataset.shape,
      shape.map({ found == $0 }) ?? (found.count == 1)
    else {
      throw SchemaReader.violation(
        dataset.path,
        "must be \(type.name) with "
          + (shape == nil ? "one dimension" : "the shape of a scalar") + ", as its kind says")
    }
    return try smallBytes(index).withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: MemoryLayout<Number>.size).map {
        bytes.loadUnaligned(fromByteOffset: $0, as: Number.self)
      }
    }
  }
}

extension Catalog.Dataset {
  fileprivate var impliedKind: Schema.Kind {
    switch type {
    case .fixedString, .variableString: .string
    case _ where shape == nil: .null
    default: .tensor
    }
  }
}
