internal import DBNTensors

extension DatasetContents {
  /// What the dataset stands for by its attribute `kind`; without one, what its type suggests: a
  /// tensor, a string, None.
  mutating func value(
    _ place: Int, crc32: UInt32?
  ) throws(CheckpointError) -> CheckpointValue {
    let dataset = catalog.datasets[place]
    let text = dataset.attributes.string(Schema.Attribute.kind)
    let kind = text.map { Schema.Kind(rawValue: $0) } ?? dataset.impliedKind
    switch kind {
    case .tensor, .parameter, .buffer: return .tensor(try schemaTensor(place, crc32: crc32))
    case .null: return .none
    case .int: return try integer(place)
    case .float: return .float(try scalar(place, .float64, 0 as Double))
    case .bool: return .bool(try scalar(place, .bool, 0 as UInt8) != 0)
    case .complex:
      let parts = try numbers(place, .complex128, shape: [], 0 as Double)
      return .complex(real: parts[0], imaginary: parts[1])
    case .string: return .string(try string(place))
    case .scalarType: return .scalarType(try scalarType(place))
    case .device: return .device(try string(place))
    case .bytes: return .bytes(try byteString(place))
    case .byteArray: return .byteArray(try byteString(place))
    case .size: return .size(try numbers(place, .int64, 0 as Int))
    case .list: return .list(try plainNumbers(place))
    case .tuple: return .tuple(try plainNumbers(place))
    case .dict, .orderedDict, .counter, .set, .value, nil:
      throw SchemaReader.violation(dataset.path, "has the unknown kind '\(text?.visible() ?? "")'")
    }
  }

  private mutating func schemaTensor(
    _ place: Int, crc32: UInt32?
  ) throws(CheckpointError) -> Tensor {
    let attributes = catalog.datasets[place].attributes
    var tensor = try tensor(place, crc32: crc32)
    tensor.kind =
      attributes.string(Schema.Attribute.kind)
      .flatMap { Schema.Kind(rawValue: $0)?.tensorKind } ?? .tensor
    tensor.requiresGrad = attributes[Schema.Attribute.requiresGrad] == .bool(true)
    return tensor
  }

  /// A scalar of 64 bits, or the bytes of a larger one.
  private func integer(_ place: Int) throws(CheckpointError) -> CheckpointValue {
    guard catalog.datasets[place].shape?.count == 1 else {
      return .int(try scalar(place, .int64, 0 as Int))
    }
    return .largeInt(try byteString(place))
  }

  private func byteString(_ place: Int) throws(CheckpointError) -> [UInt8] {
    try numbers(place, .uint8, 0 as UInt8)
  }

  private func plainNumbers(_ place: Int) throws(CheckpointError) -> [CheckpointValue] {
    if case .scalar(.float64, _) = catalog.datasets[place].type {
      return try numbers(place, .float64, 0 as Double).map { .float($0) }
    }
    return try numbers(place, .int64, 0 as Int).map { .int($0) }
  }

  /// All bytes are text: what is written is exactly as long as the string.
  private func string(_ place: Int) throws(CheckpointError) -> String {
    let dataset = catalog.datasets[place]
    switch (dataset.type, dataset.shape) {
    case (_, nil): return ""
    case (.fixedString, []):
      guard let text = String(validating: try smallBytes(place), as: UTF8.self) else {
        throw CheckpointError(.invalidText, name: dataset.path, "the text is not valid UTF-8")
      }
      return text
    case (.variableString, []):
      guard case .string(let text) = try text(place) else { break }
      return text
    default: break
    }
    throw SchemaReader.violation(dataset.path, "must be a scalar string")
  }

  private func scalarType(_ place: Int) throws(CheckpointError) -> ScalarType {
    let name = try string(place)
    guard let type = ScalarType(rawValue: name) else {
      throw SchemaReader.violation(
        catalog.datasets[place].path, "names the unknown dtype '\(name.visible())'")
    }
    return type
  }

  private func scalar<Number: BitwiseCopyable>(
    _ place: Int, _ type: ScalarType, _ zero: Number
  ) throws(CheckpointError) -> Number {
    try numbers(place, type, shape: [], zero)[0]
  }

  /// The numbers of a dataset that must have this type, and this shape or else one dimension.
  private func numbers<Number: BitwiseCopyable>(
    _ place: Int, _ type: ScalarType, shape: [Int]? = nil, _ zero: Number
  ) throws(CheckpointError) -> [Number] {
    let dataset = catalog.datasets[place]
    guard case .scalar(type, _) = dataset.type, let found = dataset.shape,
      shape.map({ found == $0 }) ?? (found.count == 1)
    else {
      throw SchemaReader.violation(
        dataset.path,
        "must be \(type.name) with "
          + (shape == nil ? "one dimension" : "the shape of a scalar") + ", as its kind says")
    }
    return try smallBytes(place).withUnsafeBytes { bytes in
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
