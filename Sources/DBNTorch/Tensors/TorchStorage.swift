import DBNTensors

/// The type of a storage's elements.
enum TorchStorageType: Sendable, Hashable {
  case typed(ScalarType)
  /// Bytes; each tensor has its own type.
  case untyped

  var scalarType: ScalarType? {
    guard case .typed(let type) = self else { return nil }
    return type
  }

  /// The size of the elements in which the storage's size is counted.
  var elementByteCount: Int { scalarType?.byteCount ?? 1 }

  /// PyTorch's storage classes; older versions also wrote those of CUDA.
  static let byName: [String: TorchStorageType] = {
    var types: [String: TorchStorageType] = [
      "torch.UntypedStorage": .untyped, PickleName.untypedStorage: .untyped,
      "torch.storage._UntypedStorage": .untyped,
    ]
    for (name, type) in names {
      types[className(name)] = .typed(type)
      types["torch.cuda.\(name)Storage"] = .typed(type)
    }
    return types
  }()

  /// The storage class of a type; nil for newer types, which have none.
  static func className(of type: ScalarType) -> String? {
    names.first { $0.1 == type }.map { className($0.0) }
  }

  private static func className(_ name: String) -> String { "torch.\(name)Storage" }

  private static let names: [(String, ScalarType)] = [
    ("Double", .float64), ("Float", .float32), ("Half", .float16), ("BFloat16", .bfloat16),
    ("Long", .int64), ("Int", .int32), ("Short", .int16), ("Char", .int8), ("Byte", .uint8),
    ("Bool", .bool), ("ComplexDouble", .complex128), ("ComplexFloat", .complex64),
    // Quantised tensors can't be read, but the numbers in their storages can.
    ("QInt8", .int8), ("QUInt8", .uint8), ("QInt32", .int32), ("QUInt4x2", .uint8),
    ("QUInt2x4", .uint8),
  ]
}

/// A storage: the bytes that one or more tensors are views of.
struct TorchStorage: Sendable {
  /// Its unique key; in an archive, the record's name below `data/`.
  let key: String
  let type: TorchStorageType
  /// The bytes as stored in the file.
  let bytes: TensorStorage
  /// The elements that tensors refer to: all of them, except in storage views, which old versions
  /// of PyTorch had.
  var elements: Range<Int>

  init(_ key: String, _ type: TorchStorageType, _ bytes: TensorStorage) {
    self.key = key
    self.type = type
    self.bytes = bytes
    elements = 0..<bytes.byteCount / type.elementByteCount
  }

  /// The first element, counted in elements of a tensor's type.
  func start(for scalarType: ScalarType) throws(CheckpointError) -> Int {
    guard elements.lowerBound == 0 || type.elementByteCount == scalarType.byteCount else {
      throw CheckpointError(
        .torchView,
        "part of a storage of \(type.elementByteCount)-byte elements cannot be \(scalarType.name)",
        advice: "the file is damaged; get it again")
    }
    return elements.lowerBound
  }

  /// The offset of the end of `elements`, in bytes.
  var byteEnd: Int {
    elements.upperBound == bytes.byteCount / type.elementByteCount
      ? bytes.byteCount : elements.upperBound * type.elementByteCount
  }
}
